"""Not far from the mean gradient, the direction in which the worst off task gains most."""

from __future__ import annotations

import numpy as np

from minillm.training.objectives.aggregators.averages import mean
from minillm.training.objectives.aggregators.gram import checked_gram, lengths_of
from minillm.training.objectives.aggregators.least_norm import NOTHING, mgda
from minillm.training.objectives.aggregators.least_squares import unit_vectors, with_equation


def cagrad(gram: np.ndarray, c: float = 0.5) -> np.ndarray:
    """The largest gain t that all tasks can have in a ball around the mean gradient g_0::

        max t    g_i·d >= t for all i,   |d - g_0| <= c |g_0|

    Shapes: ``gram (m, m) -> (m,)``.

    For a given t the nearest such d is found by active sets; its distance grows with t, and as
    long as the same tasks gain only t it is the root of a parabola: so t is found exactly.

    It is the d of the paper, ``g_0 + c |g_0| g_w / |g_w|``, not divided by 1 + c or 1 + c² as in
    some code.  With c = 0 it is the mean.  Of several best d, as with a gradient that is 0, it is
    the nearest to g_0.

    Claimed: with c < 1 small steps reach a minimum of the mean; with c >= 1 no loss rises, and
    they may stop wherever no direction serves all.

    Raises:
        ValueError: c is negative or not finite; as ``checked_gram``.
    Source: Liu et al. 2021, "Conflict-Averse Gradient Descent for Multi-task Learning",
        arXiv:2110.14048.
    """
    gram = checked_gram(gram)
    if not 0 <= c < np.inf:
        raise ValueError(f"cagrad: c must be at least 0 and finite, got {c}")
    start, lengths = mean(gram), lengths_of(gram)
    gains = gram @ start
    radius = c * np.sqrt(max(start @ gains, 0.0))
    if radius <= 1e-14 * lengths.max():
        return start
    shortest = mgda(gram)
    length = np.sqrt(max(shortest @ gram @ shortest, 0.0))
    most = 0.0 if length <= NOTHING * lengths.min() else length * (1 + c) / c * radius
    high = max(most, gains.min())
    some = lengths > 0
    units = unit_vectors(gram)[:, some]
    scale = 1 / (lengths[some] * radius)  # then the ball has radius 1, and so have the gradients
    weights = np.zeros_like(start)
    weights[some] = largest_gain(units, gains[some] * scale, scale, (gains.min(), high))
    weights[some] *= radius / lengths[some]
    return start + weights


def largest_gain(
    units: np.ndarray, gains: np.ndarray, scale: np.ndarray, between: tuple[float, float]
) -> np.ndarray:
    """What is added to the mean for the largest t in an interval that the unit ball can reach."""
    low, high = between
    best, t = np.zeros_like(gains), high
    for _ in range(200):
        z, square = nearest(units, t * scale - gains)
        if square <= 1:
            low, best = t, z
        else:
            high = t
        if abs(square - 1) <= 1e-14 or high - low <= 1e-15 * max(abs(high), abs(low)):
            return z if square <= 1 + 1e-14 else best
        t = root(units[:, z > 0], gains[z > 0], scale[z > 0])
        if not low < t < high:
            t = (low + high) / 2
    return best


def nearest(units: np.ndarray, needed: np.ndarray) -> tuple[np.ndarray, float]:
    """The z of the shortest ``x = Uz`` with ``U'x >= needed``, and the square of its length.

    Source: Lawson & Hanson 1974, "Solving Least Squares Problems", chapter 23, section 4.
    """
    z = with_equation(units, needed)
    missing = 1 - needed @ z
    if missing <= 1e-14:  # there is no such x
        return z, np.inf
    z = z / missing
    return z, float(((units @ z) ** 2).sum())


def root(units: np.ndarray, gains: np.ndarray, scale: np.ndarray) -> float:
    """The t where ``|x| = 1``, if the same tasks are those that gain only t::

        U'x = t a - b,   x = t p - q,   |p|² t² - 2 p·q t + |q|² = 1

    Shapes: ``units U (r, k), gains b (k,), scale a (k,)``.
    """
    if not gains.size:
        return np.inf
    p, q = np.linalg.lstsq(units.T, np.column_stack([scale, gains]), rcond=1e-10)[0].T
    square, half, rest = p @ p, p @ q, q @ q - 1
    inside = half**2 - square * rest
    return float((half + np.sqrt(inside)) / square) if inside >= 0 < square else np.inf
