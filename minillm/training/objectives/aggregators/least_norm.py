"""The shortest mean of the gradients: every task gains at least as much as it is long."""

from __future__ import annotations

import numpy as np

from minillm.training.objectives.aggregators.gram import checked_gram, lengths_of
from minillm.training.objectives.aggregators.least_squares import unit_vectors, with_equation

NOTHING = 1e-7  # the length of a mean of unit gradients that is taken for 0


def mgda(gram: np.ndarray, *, normalised: bool = False) -> np.ndarray:
    """The weights of the point of least norm in the convex hull of the gradients::

        w = argmin |J'w|²,    w_i >= 0, sum w_i = 1;        J d >= |d|²

    Shapes: ``gram (m, m) -> (m,)``.

    The least ``|J'v|² + s² (1'v - 1)²`` with v >= 0 points along w, whatever s; s is the length of
    the shortest gradient.  Every task with a weight gains ``|d|²``, the others more; d is 0 where
    no direction makes all losses fall (Pareto-stationary), hence wherever one gradient is 0.

    ``normalised``: the least norm among the gradients of length 1, and d that point itself: w_i is
    divided by ``|g_i|`` and does not sum to 1.  (Some code takes weights that were found for
    unit gradients for those of any length, which may raise a loss.)  Other code divides gradients
    by the losses, or keeps the weights of two tasks between 0.001 and 0.999.

    Claimed: d lowers every loss, or the point is Pareto-stationary.

    Raises:
        ValueError: as ``checked_gram``.
    Source: Désidéri 2012, "Multiple-gradient descent algorithm (MGDA) for multiobjective
        optimization"; Sener & Koltun 2018, "Multi-Task Learning as Multi-Objective Optimization",
        arXiv:1810.04650.
    """
    gram = checked_gram(gram)
    lengths = lengths_of(gram)
    if not lengths.all():
        return np.array(lengths == 0, dtype=np.float64) / np.count_nonzero(lengths == 0)
    inverse = np.ones_like(lengths) if normalised else lengths.min() / lengths
    weights = with_equation(unit_vectors(gram), inverse)  # of the unit gradients
    weights = weights / (inverse @ weights)
    return weights / lengths if normalised else weights * inverse


def stationary(gram: np.ndarray) -> bool:
    """Whether no direction makes all losses fall: a mean of the unit gradients is 0.

    Raises:
        ValueError: as ``checked_gram``.
    """
    gram = checked_gram(gram)
    if not lengths_of(gram).all():
        return True
    weights = mgda(gram, normalised=True)
    return bool(weights @ gram @ weights <= NOTHING**2)
