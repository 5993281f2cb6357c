"""The shortest mean of the gradients: every task gains at least as much as it is long."""

from __future__ import annotations

import numpy as np

from minillm.training.objectives.averages import checked_gram, cosines_of, lengths_of
from minillm.training.objectives.quadratic import least_over_cone


def mgda(gram: np.ndarray, *, normalised: bool = False) -> np.ndarray:
    """The weights of the point of least norm in the convex hull of the gradients::

        w = argmin w'Gw,    w_i >= 0, sum w_i = 1;        J d >= |d|²

    Shapes: ``gram (m, m) -> (m,)``.

    The programme is that over a cone: the least ``½ v'(G + s 1 1')v - s 1'v`` with v >= 0 points
    along w.  Every task with a weight gains ``|d|²``, the others more; d is 0 where no direction
    makes all losses fall (Pareto-stationary), hence wherever one gradient is 0.

    ``normalised``: the least norm among the gradients of length 1, and d that point itself: w_i is
    divided by |g_i| and does not sum to 1.  (Sener & Koltun's code takes these weights for the
    gradients of any length, which may raise a loss.)

    Raises:
        ValueError: as ``checked_gram``.
    Source: Désidéri 2012, "Multiple-gradient descent algorithm (MGDA) for multiobjective
        optimization"; Sener & Koltun 2018, "Multi-Task Learning as Multi-Objective Optimization",
        arXiv:1810.04650, eq. 3.
    """
    gram = checked_gram(gram)
    lengths = lengths_of(gram)
    if not lengths.all():
        return np.array(lengths == 0, dtype=np.float64) / np.count_nonzero(lengths == 0)
    inner = cosines_of(gram) if normalised else gram
    size = np.trace(inner) / len(gram)
    weights = least_over_cone(inner + size, np.full(len(gram), size))
    weights = weights / weights.sum()
    return weights / lengths if normalised else weights


def stationary(gram: np.ndarray) -> bool:
    """Whether no direction makes all losses fall: a mean of the unit gradients is 0."""
    lengths = lengths_of(gram)
    if not lengths.all():
        return True
    weights = mgda(gram, normalised=True)
    return bool(weights @ gram @ weights <= 1e-20)
