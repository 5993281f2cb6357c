"""Gradients from which is taken what conflicts with the others."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import numpy as np

from minillm.backend import check_rng
from minillm.training.objectives.aggregators.averages import mean
from minillm.training.objectives.aggregators.gram import checked_gram, lengths_of
from minillm.training.objectives.aggregators.least_squares import non_negative, unit_vectors

MOST = 7  # tasks of which pcgrad takes the mean over all orders


def pcgrad(gram: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """Each gradient loses, one after another, its part against each of the others; then the sum::

        v_i = g_i;   for j != i, one after another:   v_i -= min(0, v_i·g_j) / |g_j|²  g_j
        d = sum_i v_i

    Shapes: ``gram (m, m) -> (m,)``.

    For two tasks it is twice ``upgrad``.  For more it depends on the order of the j, and d may
    conflict.  With ``rng`` an order is drawn for each i, as in the paper; without, the result is
    the mean over all orders, of which there are (m - 1)! for each i.  It is the sum, as in the
    paper; some code takes the mean.  A gradient that is 0 takes nothing from the others.

    Claimed, of two tasks: no conflict is left, and small steps reach the minimum of the sum of
    convex losses, or a point where the gradients are opposite.

    Raises:
        ValueError: more than 7 tasks without ``rng``; as ``checked_gram``.
        TypeError: ``rng`` is not a generator.
    Source: Yu et al. 2020, "Gradient Surgery for Multi-Task Learning", arXiv:2001.06782,
        algorithm 1.
    """
    gram = checked_gram(gram)
    m, lengths = len(gram), lengths_of(gram)
    if rng is None and m > MOST:
        raise ValueError(
            f"pcgrad: {m} tasks have too many orders for the mean over all (up to {MOST} do); "
            "give rng, and one order is drawn for each task"
        )
    weights = np.zeros(m)
    for i in range(m):
        others = [j for j in range(m) if j != i and lengths[j] > 0]
        drawn = [*permutations(others)] if rng is None else [check_rng(rng).permutation(others)]
        weights += np.mean([without_conflict(gram, i, order) for order in drawn], axis=0)
    return weights


def without_conflict(gram: np.ndarray, i: int, order: Iterable[int]) -> np.ndarray:
    """The weights of gradient i after it lost its part against others, in that order."""
    weights = np.zeros(len(gram))
    weights[i] = 1.0
    for j in order:
        weights[j] -= min(0.0, weights @ gram[:, j]) / gram[j, j]
    return weights


def in_dual_cone(gram: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The weights of the nearest vector to each ``J'u`` that no gradient conflicts with::

        v = argmin v'Gv,    v_i >= u_i;        G v >= 0

    Shapes: ``gram (m, m), wanted u (k, m) -> (k, m)``.
    """
    lengths, units = lengths_of(gram), unit_vectors(gram)
    more = np.array([non_negative(units, -units @ (lengths * u)) for u in wanted])
    return wanted + np.divide(more, lengths, out=np.zeros_like(more), where=lengths > 0)


def dualproj(gram: np.ndarray) -> np.ndarray:
    """The nearest vector to the mean of the gradients with which none of them conflicts::

        w = argmin w'Gw,    w_i >= 1/m;        J d >= 0

    Shapes: ``gram (m, m) -> (m,)``.

    It is the mean itself where that conflicts with none, and not linear in the gradients' lengths.
    Code that adds a small number to G's diagonal leaves a small conflict.

    Claimed: no loss rises.

    Raises:
        ValueError: as ``checked_gram``.
    Source: Lopez-Paz & Ranzato 2017, "Gradient Episodic Memory for Continual Learning",
        arXiv:1706.08840 (there one gradient against those of a memory).
    """
    gram = checked_gram(gram)
    weights: np.ndarray = in_dual_cone(gram, mean(gram)[None])[0]
    return weights


def upgrad(gram: np.ndarray) -> np.ndarray:
    """The mean of the gradients, each first moved to where it conflicts with none::

        w = 1/m sum_i argmin v'Gv,    v >= e_i;        J d >= 0

    Shapes: ``gram (m, m) -> (m,)``.

    Claimed: no loss rises; d is linear in the length of each gradient; it is 0 only where no task
    can gain without a loss for another.

    Raises:
        ValueError: as ``checked_gram``.
    Source: Quinton & Rey 2024, "Jacobian Descent for Multi-Objective Optimization",
        arXiv:2406.16232.
    """
    gram = checked_gram(gram)
    weights: np.ndarray = in_dual_cone(gram, np.eye(len(gram))).mean(axis=0)
    return weights
