"""Vectors that are sums of a few of many planted directions, more than there are axes.

Letters: N vectors, D width, P planted directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SparseSums:
    """The world: directions of length 1, each as often as all others."""

    width: int = 16
    planted: int = 32

    def directions(self, rng: np.random.Generator) -> np.ndarray:
        """The planted directions, drawn at random, (P, D).

        Raises:
            ValueError: a size below 1.
        """
        if self.width < 1 or self.planted < 1:
            raise ValueError(
                f"SparseSums: sizes must be at least 1, got {self.width} and {self.planted}"
            )
        drawn = rng.standard_normal((self.planted, self.width))
        found: np.ndarray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return found

    def draw(
        self, n: int, directions: np.ndarray, active: float, rng: np.random.Generator
    ) -> np.ndarray:
        """``n`` vectors, each with ``active`` directions in the mean, in amounts from 0.5 to 1.5.

        Raises:
            ValueError: more directions are to be active than there are, or none.
        """
        if not 0.0 < active <= len(directions):
            raise ValueError(f"active must be above 0 and at most {len(directions)}, got {active}")
        there = rng.random((n, len(directions))) < active / len(directions)
        amounts = there * rng.uniform(0.5, 1.5, there.shape)
        found: np.ndarray = (amounts @ directions).astype(np.float32)
        return found

    def clouds(
        self, n: int, directions: np.ndarray, active: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Normal vectors with the mean and the covariance of ``draw``: no direction is planted.

        With p = active / P: mean ``p sum_f d_f``, covariance ``v sum_f d_f d_fᵀ`` where
        ``v = p E[a²] - p² E[a]² = p 13/12 - p²``.
        """
        p = active / len(directions)
        amounts = p + np.sqrt(p * 13 / 12 - p * p) * rng.standard_normal((n, len(directions)))
        found: np.ndarray = (amounts @ directions).astype(np.float32)
        return found
