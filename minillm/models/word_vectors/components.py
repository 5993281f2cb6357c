"""Vectors of many dimensions seen from the side on which they differ most."""

from __future__ import annotations

import numpy as np


def principal_components(table: np.ndarray, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Where each row lies along the directions in which the rows vary most, and how much they do::

        X = table - mean of its rows,    X = U S Wᵀ,    places = U S (first columns) = X W

        share_k = S_k² / sum_j S_j²

    The sign of a direction is free: the place that is furthest from 0 is on the positive side.

    Shapes: ``table (N, D) -> places (N, count), shares (count,)``.

    Raises:
        ValueError: fewer than ``count`` rows or dimensions; all rows are the same.
    """
    x = np.asarray(table, dtype=np.float64)
    if count < 1 or min(x.shape) < count:
        raise ValueError(f"{count} components need as many rows and dimensions, got {x.shape}")
    x = x - x.mean(axis=0)
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    if not s[0] > 0:
        raise ValueError(f"all {len(x)} rows are the same: they do not vary")
    places = u[:, :count] * s[:count]
    furthest = np.take_along_axis(places, np.abs(places).argmax(axis=0)[None], axis=0)
    return places * np.where(furthest < 0, -1.0, 1.0), s[:count] ** 2 / (s**2).sum()
