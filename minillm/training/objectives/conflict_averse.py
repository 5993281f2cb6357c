"""Not far from the mean gradient, the direction in which the worst off task gains most."""

from __future__ import annotations

import numpy as np

from minillm.training.objectives.averages import checked_gram, mean
from minillm.training.objectives.least_norm import mgda
from minillm.training.objectives.quadratic import least_over_cone


def cagrad(gram: np.ndarray, c: float = 0.5) -> np.ndarray:
    """The largest gain t that all tasks can have in a ball around the mean gradient g_0::

        max t    g_i·d >= t for all i,   |d - g_0| <= c |g_0|

    Shapes: ``gram (m, m) -> (m,)``.

    For a given t the nearest such d is ``g_0 + J'z`` with ``z = argmin ½ z'Gz - (t - J g_0)'z`` over
    z >= 0; its distance grows with t, and is the root of a parabola as long as the same z_i are
    above 0.  So t is found exactly.  It is the d of the paper, ``g_0 + c |g_0| g_w / |g_w|``, not
    divided by 1 + c or 1 + c² as some code does.  With c >= 1 no loss rises; at a Pareto-stationary
    point with c < 1 one must.  Of several best d, as with a gradient that is 0, it is the nearest.

    Raises:
        ValueError: c is negative or not finite; as ``checked_gram``.
    Source: Liu et al. 2021, "Conflict-Averse Gradient Descent for Multi-task Learning",
        arXiv:2110.14048, eq. 2 and 3.
    """
    gram = checked_gram(gram)
    if not 0 <= c < np.inf:
        raise ValueError(f"cagrad: c must be at least 0 and finite, got {c}")
    start = mean(gram)
    gains = gram @ start
    length = np.sqrt(max(start @ gains, 0.0))
    shortest = mgda(gram)
    most = np.sqrt(max(shortest @ gram @ shortest, 0.0)) * (1 + c) * length
    return start + farthest(gram, gains, c * length, (gains.min(), max(most, gains.min())))


def farthest(
    gram: np.ndarray, gains: np.ndarray, radius: float, between: tuple[float, float]
) -> np.ndarray:
    """The z of the largest t in an interval of which the distance is not above ``radius``."""
    low, high = between
    z, t = least_over_cone(gram, high - gains), high
    for _ in range(200):
        square = z @ gram @ z
        if abs(square - radius**2) <= 1e-15 * radius**2 or (t == high and square <= radius**2):
            return z
        low, high = (t, high) if square < radius**2 else (low, t)
        t = root(gram, gains, radius, z > 0)
        if not low < t < high:
            t = (low + high) / 2
        z = least_over_cone(gram, t - gains)
    return z


def root(gram: np.ndarray, gains: np.ndarray, radius: float, active: np.ndarray) -> float:
    """Where the distance is the radius, while the same weights are above 0::

        |d - g_0|² = (t - b)' G⁻¹ (t - b) = A t² - 2 B t + C        b and G of the active rows
    """
    if not active.any():
        return np.inf
    ones, b = np.ones(int(active.sum())), gains[active]
    solved = np.linalg.lstsq(gram[np.ix_(active, active)], np.column_stack([ones, b]), rcond=1e-12)
    first, second = solved[0].T
    a, half, rest = ones @ first, ones @ second, b @ second - radius**2
    return float((half + np.sqrt(max(half**2 - a * rest, 0.0))) / a)
