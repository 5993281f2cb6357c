"""What a few seeds say about all of them."""

from __future__ import annotations

import math

import numpy as np

# Student's t, two-sided 95 %, for 1 to 9 degrees of freedom
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def mean_and_interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the first axis, and half the width of its 95 % confidence interval::

        mean(x)  and  t_{n-1} s / sqrt(n),    s² = sum (x - mean(x))² / (n - 1)

    Shapes: ``values (N, ...) -> (...), (...)`` with 2 to 10 seeds N.

    Raises:
        ValueError: fewer than 2 seeds, which have no spread, or more than the table covers.
    Source: Student 1908, "The Probable Error of a Mean".
    """
    half = student(len(values)) * np.std(values, axis=0, ddof=1) / len(values) ** 0.5
    return np.mean(values, axis=0), half


def prediction_interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the number of one more seed lies, in 95 % of cases if the numbers are normal::

        mean(x) ± t_{n-1} s sqrt(1 + 1/n),    s² = sum (x - mean(x))² / (n - 1)

    Unlike the range of the seeds that were run, it does not narrow the fewer they are.

    Shapes: ``values (N, ...) -> low (...), high (...)`` with 2 to 10 seeds N.

    Raises:
        ValueError: fewer than 2 seeds, which have no spread, or more than the table covers.
    Source: Hahn & Meeker 1991, "Statistical Intervals", chapter 4.
    """
    n, mean = len(values), np.mean(values, axis=0)
    half = student(n) * np.std(values, axis=0, ddof=1) * (1 + 1 / n) ** 0.5
    return mean - half, mean + half


def student(n: int) -> float:
    """Student's t for the 95 % interval of ``n`` values.

    Raises:
        ValueError: the table does not cover it.
    """
    if not 2 <= n <= len(T_95) + 1:
        raise ValueError(f"an interval needs 2 to {len(T_95) + 1} seeds, got {n}")
    return T_95[n - 2]


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """How well the order of one list foretells that of another, Spearman's ρ::

        ρ = correlation(rank(x), rank(y)),       equal values share the mean of their ranks

    Shapes: ``x (N,), y (N,) -> ()``, from -1 to 1.

    Raises:
        ValueError: the shapes differ, fewer than two values, or all of one list are equal: it has
            no order.
    Source: Spearman 1904, "The Proof and Measurement of Association between Two Things".
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape or x.ndim != 1 or len(x) < 2:
        raise ValueError(f"rank_correlation: {x.shape} and {y.shape} must both be (N,), N >= 2")
    a, b = mean_ranks(x), mean_ranks(y)
    if not a.any() or not b.any():
        raise ValueError("rank_correlation: all values of a list are equal, it has no order")
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def mean_ranks(x: np.ndarray) -> np.ndarray:
    """Ranks around 0, (N,): the mean of those of equal values."""
    _, place, times = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    ranks: np.ndarray = (last - (times - 1) / 2)[place] - (len(x) + 1) / 2
    return ranks


def student_t(freedom: int, level: float) -> float:
    """Between which -t and t a value of Student's distribution lies with the probability ``level``.

    With n degrees of freedom and θ = atan(t / √n) that probability is a finite sum::

        n odd:     (2/π) (θ + sin θ cos θ (1 + 2/3 cos² θ + 2·4/(3·5) cos⁴ θ + ...)),  n > 1
        n even:    sin θ (1 + 1/2 cos² θ + 1·3/(2·4) cos⁴ θ + ...)

    and θ is found by halving.

    Raises:
        ValueError: no degree of freedom; a level that is not between 0 and 1.
    Source: Abramowitz & Stegun 1964, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
    """
    if freedom < 1 or not 0.0 < level < 1.0:
        raise ValueError(
            f"student_t: needs freedom >= 1 and a level between 0 and 1, got {freedom} and {level}"
        )
    low, high = 0.0, math.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, freedom) < level else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def within(angle: float, freedom: int) -> float:
    """The probability of ``student_t`` at an angle θ."""
    odd, cos2 = freedom % 2, math.cos(angle) ** 2
    term, total = 1.0, 0.0
    for k in range(freedom // 2):
        total += term
        term *= cos2 * (2 * k + 1 + odd) / (2 * k + 2 + odd)
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * math.cos(angle) * total)
    return math.sin(angle) * total
