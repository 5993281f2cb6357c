"""Which of two sets of words lies nearer to which of two others: the test WEAT.

Letters: n words of each target set, D width.
"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

from minillm.backend import directions_and_lengths


class Weat(NamedTuple):
    """Effect size, one-sided p-value, whether it is of all divisions, and the plain difference."""

    effect: float
    p_value: float
    exact: bool
    difference: float  # mean_x s - mean_y s: it grows with an association, while the effect ends


def weat(
    x: np.ndarray,
    y: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    *,
    rng: np.random.Generator,
    draws: int = 10_000,
) -> Weat:
    """Whether ``x`` lies nearer to ``a`` and ``y`` nearer to ``b`` (WEAT)::

        s(w) = mean_a cos(w, a) - mean_b cos(w, b)
        effect  = (mean_x s(x) - mean_y s(y)) / std of s over all 2n words
        p-value = share of divisions of the 2n words into halves with sum_x - sum_y >= the observed

    The deviation is that of a sample (2n - 1); with the population's an effect is larger by
    sqrt(2n / (2n - 1)), and 2 at most.  All C(2n, n) divisions are taken if they are at most
    ``draws``; else p = (1 + hits) / (1 + draws) of random ones.

    The source writes the p-value with ">": ``Pr_i[s(X_i, Y_i, A, B) > s(X, Y, A, B)]``.  Here ties
    count, as in a permutation test: the words as they are given are one of the divisions, so that
    p is never 0, and p <= q holds of no more than a share q of all divisions.  With ">" the most
    extreme of them has p = 0, however few they are.

    Shapes: ``x (n, D), y (n, D), a (A, D), b (B, D)``.

    Raises:
        ValueError: target sets of different sizes or of fewer than 2 words, an empty set, other
            widths, a vector of length 0 or not finite, no draw, or words that all lie equally.
    Source: Caliskan, Bryson & Narayanan 2017, "Semantics derived automatically from language
        corpora contain human-like biases", arXiv:1608.07187 (the paper leaves the deviation
        open); Phipson & Smyth 2010, "Permutation P-values Should Never Be Zero",
        arXiv:1603.05766 (random divisions).
    Guide: 8.2.3 (G55).
    """
    first, second, one, other = (units(*pair) for pair in zip("xyab", (x, y, a, b), strict=True))
    widths = {part.shape[1] for part in (first, second, one, other)}
    n = len(first)
    if len(widths) > 1 or len(second) != n or n < 2 or draws < 1:
        raise ValueError(
            "weat: x and y must have as many words as each other, 2 at least, all sets one width "
            f"and draws be 1 at least, got {first.shape}, {second.shape}, {one.shape}, "
            f"{other.shape} and {draws}"
        )
    words = np.concatenate([first, second])
    s = (words @ one.T).mean(axis=1) - (words @ other.T).mean(axis=1)
    deviation = s.std(ddof=1)
    if not deviation > 1e-12:
        raise ValueError("weat: all words of x and y lie equally between a and b")
    difference = float(s[:n].mean() - s[n:].mean())
    exact = comb(2 * n, n) <= draws
    p_value = p_value_of(s, exact=exact, draws=draws, rng=rng)
    return Weat(difference / float(deviation), p_value, exact, difference)


def p_value_of(s: np.ndarray, *, exact: bool, draws: int, rng: np.random.Generator) -> float:
    """The share of divisions whose first half has at least the sum that it has as given.

    Shapes: ``s (2n,)``.
    """
    n = len(s) // 2
    least = s[:n].sum() - 1e-12 * np.abs(s).sum()  # a tie is one whatever the order of a sum
    if exact:
        halves = np.array([*combinations(range(2 * n), n)])
        return float((s[halves].sum(axis=1) >= least).mean())
    drawn = rng.random((draws, 2 * n)).argsort(axis=1)[:, :n]
    return float((1 + (s[drawn].sum(axis=1) >= least).sum()) / (1 + draws))


def units(name: str, vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1, (N, D).

    Raises:
        ValueError: none, another shape, or one that has no direction.
    """
    found = np.asarray(vectors, dtype=np.float64)
    if found.ndim != 2 or not found.size:
        raise ValueError(f"weat: {name} must be (N, D), one word at least, got {found.shape}")
    if not (np.isfinite(found).all() and found.any(axis=1).all()):
        raise ValueError(f"weat: a vector of {name} has no direction: it is 0 or not finite")
    unit: np.ndarray = directions_and_lengths(found)[0]
    return unit
