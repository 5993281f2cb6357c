"""Weights under which tasks gain alike, however long their gradients are."""

from __future__ import annotations

import numpy as np

from minillm.training.objectives.aggregators.gram import SMALL, checked_gram, cosines_of, lengths_of
from minillm.training.objectives.aggregators.least_norm import mgda, stationary


def nash_mtl(gram: np.ndarray, max_norm: float | None = 1.0) -> np.ndarray:
    """The bargaining solution of Nash: the largest product of the tasks' gains::

        G a = 1/a,   a > 0;        a_i g_i·d = 1,   |d|² = m

    Shapes: ``gram (m, m) -> (m,)``.

    The a are those of the least ``½ a'Ga - sum ln a_i``, by Newton's method.  Before it is
    shortened d has the length ``sqrt(m)`` always, so with ``max_norm`` 1, as in the paper's code,
    every step has the length 1, also near an optimum, whatever the scale of the losses.  A gradient
    that is 0 does not bargain; where the others are Pareto-stationary there is no solution, and the
    weights are 0.

    Claimed: every loss falls, along a direction that does not depend on the losses' units.

    Raises:
        ValueError: ``max_norm`` is not positive; as ``checked_gram``.
    Source: Navon et al. 2022, "Multi-Task Learning as a Bargaining Game", arXiv:2202.01017.
    """
    if max_norm is not None and not 0 < max_norm < np.inf:
        raise ValueError(f"nash_mtl: max_norm must be positive, got {max_norm}")
    gram = checked_gram(gram)
    lengths = lengths_of(gram)
    some = lengths > 0
    weights = np.zeros(len(gram))
    if not some.any() or stationary(gram[np.ix_(some, some)]):
        return weights
    weights[some] = bargained(cosines_of(gram)[np.ix_(some, some)]) / lengths[some]
    if max_norm is not None:
        weights *= min(1.0, max_norm / np.sqrt(some.sum()))
    return weights


def bargained(cosines: np.ndarray) -> np.ndarray:
    """The solution for gradients of length 1, by Newton steps until rounding ends their progress.

    Source: Nesterov & Nemirovskii 1994, "Interior-Point Polynomial Algorithms in Convex
        Programming" (a step that is damped by 1 + decrement stays where logarithms exist).
    """
    start = mgda(cosines) + 0.1 / len(cosines)
    a, last = start * np.sqrt(len(cosines) / (start @ cosines @ start)), np.inf
    while True:
        slope = cosines @ a - 1 / a
        step = np.linalg.solve(cosines + np.diag(a**-2.0), slope)
        decrement = np.sqrt(max(slope @ step, 0.0))
        if not decrement > 0 or (last < 0.25 and decrement >= last / 2):
            return a
        a, last = a - step / (1 + decrement if decrement > 0.25 else 1.0), decrement


def equal_angles(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the unit gradients, and of the gradients, with which d has one angle to all."""
    lengths = lengths_of(gram)
    some = lengths > 0
    units = np.zeros(len(gram))
    if some.any():
        inner = cosines_of(gram)[np.ix_(some, some)]
        units[some] = np.linalg.pinv(inner, rcond=SMALL, hermitian=True).sum(axis=1)
    return units, np.divide(units, lengths, out=np.zeros_like(units), where=some)


def imtl_g(gram: np.ndarray) -> np.ndarray:
    """The weighted sum to which all gradients have the same angle, with weights that sum to 1::

        u_i·d = u_j·d,   u_i = g_i / |g_i|,   sum_i w_i = 1

    Shapes: ``gram (m, m) -> (m,)``.

    Weights may be negative.  A gradient that is 0 takes no part; of those along one line each has
    a weight in proportion to ``1 / |g|``; where the angle is a right one, as to opposite gradients,
    all weights are 0.  (Code with this name may also learn a scale for each loss, IMTL-L.)

    Claimed: d is as long along every unit gradient.

    Raises:
        ValueError: as ``checked_gram``.
    Source: Liu et al. 2021, "Towards Impartial Multi-task Learning", ICLR.
    """
    _, weights = equal_angles(checked_gram(gram))
    whole = weights.sum()
    if abs(whole) <= SMALL * np.abs(weights).max(initial=0.0) or not whole:
        return np.zeros_like(weights)
    return weights / whole


def config(gram: np.ndarray) -> np.ndarray:
    """The same direction as that of ``imtl_g``, as long as the gradients reach along it::

        d = (sum_i g_i·e) e,        u_i·e the same for all i, |e| = 1

    Shapes: ``gram (m, m) -> (m,)``.

    A gradient that is 0 takes no part; where no direction has one angle to all, it is the e whose
    angles are most alike by least squares.

    Claimed: no loss rises (of gradients that are linearly independent).

    Raises:
        ValueError: as ``checked_gram``.
    Source: Liu, Chu & Thuerey 2024, "ConFIG: Towards Conflict-free Training of Physics Informed
        Neural Networks", arXiv:2408.11104.
    """
    gram = checked_gram(gram)
    _, weights = equal_angles(gram)
    square = weights @ gram @ weights
    if square <= SMALL**2 * np.abs(weights).max(initial=0.0) ** 2 * np.trace(gram):
        return np.zeros_like(weights)
    gains: np.ndarray = gram @ weights
    return gains.sum() / square * weights


def aligned_mtl(gram: np.ndarray) -> np.ndarray:
    """The mean of the gradients after they were made orthogonal and equally long::

        G = V L V',    w = 1/m  sqrt(l_min) V L^(-1/2) V' 1        l_min the least one above 0

    Shapes: ``gram (m, m) -> (m,)``.

    Directions in which no gradient points are left out.  It is the mean of the rows; code that
    takes the sum is m times as long.  The scale is the least singular value, as in the paper;
    some code offers the median or the mean of them.

    Claimed: the gradients are made orthogonal and equally long, so that none dominates.

    Raises:
        ValueError: as ``checked_gram``.
    Source: Senushkin et al. 2023, "Independent Component Alignment for Multi-Task Learning",
        arXiv:2305.19000.
    """
    gram = checked_gram(gram)
    values, vectors = np.linalg.eigh(gram)
    kept = values > SMALL * values.max(initial=0.0)
    if not kept.any():
        return np.zeros(len(gram))
    values, vectors = values[kept], vectors[:, kept]
    balance = np.sqrt(values.min()) * (vectors / np.sqrt(values)) @ vectors.T
    weights: np.ndarray = balance.mean(axis=1)
    return weights
