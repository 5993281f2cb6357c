"""How far a share or another number of a test may lie from that of all possible examples.

Letters: N examples, G shares.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from minillm.backend.randomness import check_rng


class Shares(NamedTuple):
    """Shares, and between which numbers their intervals lie."""

    value: np.ndarray  # (G,)
    low: np.ndarray  # (G,)
    high: np.ndarray  # (G,)


def wilson_interval(hits: np.ndarray, n: np.ndarray, *, level: float) -> Shares:
    """Shares k / n and their score intervals, which stay in [0, 1] and are never of width 0::

        (k + z²/2) / (n + z²)  ±  z / (n + z²) sqrt(k (n - k) / n + z²/4)

    z is the normal quantile at (1 + level) / 2.  A share of nothing is NaN, from 0 to 1.

    Shapes: ``hits (G,), n (G,)``, whole numbers.

    Raises:
        ValueError: other shapes, hits that are not from 0 to n, numbers that are not whole or not
            finite, or a level not between 0 and 1.
    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    k, total = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if k.ndim != 1 or k.shape != total.shape or not ((k >= 0) & (k <= total)).all():
        raise ValueError(f"wilson_interval: hits must be (G,) and from 0 to n, got {k} of {total}")
    if not np.isfinite(total).all() or (k != np.rint(k)).any() or (total != np.rint(total)).any():
        raise ValueError(f"wilson_interval: hits and n must be whole, got {k} of {total}")
    z, some = quantile("wilson_interval", level), np.maximum(total, 1)
    middle = (k + z * z / 2) / (total + z * z)
    half = z / (total + z * z) * np.sqrt(k * (total - k) / some + z * z / 4)
    value = np.where(total > 0, k / some, np.nan)
    low = np.where(k == 0, 0.0, middle - half)  # to the last bit
    return Shares(value, low, np.where(k == total, 1.0, middle + half))


def newcombe_interval(shares: Shares) -> tuple[float, float]:
    """The interval of the difference of two independent shares, from those of each::

        d = p_0 - p_1,    low  = d - sqrt((p_0 - low_0)² + (high_1 - p_1)²)
                          high = d + sqrt((high_0 - p_0)² + (p_1 - low_1)²)

    Raises:
        ValueError: not two shares, or one of them is NaN.
    Source: Newcombe 1998, "Interval Estimation for the Difference between Independent
        Proportions: Comparison of Eleven Methods", method 10.
    """
    p, low, high = shares
    if p.shape != (2,) or np.isnan(p).any():
        raise ValueError(f"newcombe_interval: needs two shares that are numbers, got {p}")
    d = p[0] - p[1]
    down, up = np.hypot(p[0] - low[0], high[1] - p[1]), np.hypot(high[0] - p[0], p[1] - low[1])
    return float(d - down), float(d + up)


def bootstrap_interval(
    statistic: Callable[[np.ndarray], float],
    strata: np.ndarray,
    *,
    draws: int,
    level: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Between which numbers a statistic lies of examples that are drawn again (percentiles)::

        low, high = quantiles (1 - level) / 2 and (1 + level) / 2 of statistic(places*)

    ``places* (N,)`` are drawn with replacement, from each stratum as many as it has.

    Shapes: ``strata (N,)``, whole numbers: examples of one number are drawn for each other.

    Raises:
        ValueError: no row of strata, a stratum of one example, which has no spread, fewer than 2
            draws, a level not between 0 and 1, or a statistic that is NaN of some draw.
        TypeError: ``rng`` is not a generator.
    Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".
    """
    strata = np.asarray(strata)
    kinds, sizes = np.unique(strata, return_counts=True)
    if strata.ndim != 1 or not len(sizes) or sizes.min() < 2 or draws < 2:
        raise ValueError(
            "bootstrap_interval: needs a row of strata of at least 2 examples each and at least "
            f"2 draws, got sizes {sizes} and {draws} draws"
        )
    quantile("bootstrap_interval", level)
    check_rng(rng)
    members = [np.flatnonzero(strata == kind) for kind in kinds]
    found = [
        statistic(np.concatenate([of[rng.integers(len(of), size=len(of))] for of in members]))
        for _ in range(draws)
    ]
    lost = int(np.isnan(found).sum())
    if lost:
        raise ValueError(
            f"bootstrap_interval: the statistic must be a number of every draw, is NaN of {lost} "
            f"of {draws}"
        )
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def quantile(name: str, level: float) -> float:
    """Between which -z and z a normal number lies with the probability ``level``.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"{name}: level must be between 0 and 1, got {level}")
    return NormalDist().inv_cdf((1 + level) / 2)
