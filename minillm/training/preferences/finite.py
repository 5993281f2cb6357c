"""Numbers that objectives are given from outside: rewards and distributions."""

from __future__ import annotations

import numpy as np


def finite_rewards(rewards: np.ndarray, *, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Rewards as float64, once all are known to be finite.

    Raises:
        ValueError: another shape than ``shape``; a reward is NaN or infinite: names its place.
    """
    r = np.asarray(rewards, dtype=np.float64)
    if shape is not None and r.shape != shape:
        raise ValueError(f"rewards are {r.shape}, one for each of {shape} is needed")
    if not np.isfinite(r).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(r))[0])
        raise ValueError(f"reward {r[place]} at position {place} is not a finite number")
    return r


def check_distribution(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities of answers as float64, once they are known to be a distribution.

    Raises:
        ValueError: they are not ``(A,)``, one is negative or not finite, or their sum is not 1.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"probabilities must be (A,) with an answer at least, got {p.shape}")
    if not (p >= 0.0).all() or not abs(p.sum() - 1.0) < 1e-6:
        raise ValueError(
            f"probabilities must be at least 0 and sum to 1, got a least of {p.min()} and a sum "
            f"of {p.sum()}"
        )
    return p
