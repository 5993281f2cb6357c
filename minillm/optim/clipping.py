"""Shorten a gradient that is too long; never turn it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.backend import Array, array_module


def clip_gradients(
    gradients: Sequence[Array | None], max_norm: float
) -> tuple[list[Array | None], Array]:
    """The gradients scaled to a joint Euclidean norm of at most ``max_norm``, and the norm before.

        g <- g min(1, max_norm / |g|)

    New arrays are returned: two leaves may share one.  ``None`` stays ``None``; a NaN in any
    gradient makes the norm NaN, for the caller to notice.  ``math.inf`` only measures.

    Raises:
        ValueError: ``max_norm`` is not positive, or there is no gradient at all.
    Source: Pascanu, Mikolov & Bengio 2013, "On the Difficulty of Training Recurrent Neural
        Networks", algorithm 1.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm must be positive, got {max_norm}")
    present = [g for g in gradients if g is not None]
    if not present:
        raise ValueError("clip_gradients: there is no gradient")
    xp = array_module(present[0])
    # overflow shows in the norm; a norm of 0 divides to inf, and min() makes that 1
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        norm = xp.sqrt(sum((g * g).sum() for g in present))
        scale = xp.minimum(max_norm / norm, 1.0)
        return [None if g is None else g * scale.astype(g.dtype) for g in gradients], norm
