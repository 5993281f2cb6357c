"""Gradients from which is taken what conflicts with the others."""

from __future__ import annotations

import numpy as np

from minillm.backend import check_rng
from minillm.training.objectives.averages import checked_gram, lengths_of
from minillm.training.objectives.quadratic import least_over_cone


def pcgrad(gram: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """Each gradient loses, one after another, its part against each of the others; then the sum::

        v_i = g_i;   for j != i in an order drawn by rng:   v_i -= min(0, v_i·g_j) / |g_j|²  g_j
        d = sum_i v_i

    Shapes: ``gram (m, m) -> (m,)``.

    Without ``rng`` the order is that of the rows.  For two tasks there is one order only, and the
    result is twice that of ``upgrad``; for more the order matters, and d may conflict.  It is the
    sum (as in the paper); others take the mean.  A gradient that is 0 takes nothing from others.

    Raises:
        ValueError: as ``checked_gram``.
        TypeError: ``rng`` is no generator.
    Source: Yu et al. 2020, "Gradient Surgery for Multi-Task Learning", arXiv:2001.06782,
        algorithm 1.
    """
    gram = checked_gram(gram)
    if rng is not None:
        check_rng(rng)
    m, lengths = len(gram), lengths_of(gram)
    weights = np.eye(m)
    for i in range(m):
        for j in np.arange(m) if rng is None else rng.permutation(m):
            against = weights[i] @ gram[:, j]
            if j != i and against < 0 < lengths[j]:
                weights[i, j] -= against / gram[j, j]
    return weights.sum(axis=0)


def in_dual_cone(gram: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weights of the nearest vector to ``J'u`` that no gradient conflicts with::

        v = argmin v'Gv,    v_i >= u_i;        G v >= 0

    Shapes: ``gram (m, m), weights u (m,) -> (m,)``.
    """
    more: np.ndarray = weights + least_over_cone(gram, -gram @ weights)
    return more


def dualproj(gram: np.ndarray) -> np.ndarray:
    """The nearest vector to the mean of the gradients with which none of them conflicts::

        w = argmin w'Gw,    w_i >= 1/m;        J d >= 0

    Shapes: ``gram (m, m) -> (m,)``.

    Raises:
        ValueError: as ``checked_gram``.
    Source: Lopez-Paz & Ranzato 2017, "Gradient Episodic Memory for Continual Learning",
        arXiv:1706.08840, section 3 (there one gradient against those of a memory).
    """
    gram = checked_gram(gram)
    return in_dual_cone(gram, np.full(len(gram), 1 / len(gram)))


def upgrad(gram: np.ndarray) -> np.ndarray:
    """The mean of the gradients, each first moved to where it conflicts with none::

        w = 1/m sum_i argmin v'Gv,    v >= e_i;        J d >= 0

    Shapes: ``gram (m, m) -> (m,)``.

    Raises:
        ValueError: as ``checked_gram``.
    Source: Quinton & Rey 2024, "Jacobian Descent for Multi-Objective Optimization",
        arXiv:2406.16232, section 3.
    """
    gram = checked_gram(gram)
    weights: np.ndarray = np.mean([in_dual_cone(gram, row) for row in np.eye(len(gram))], axis=0)
    return weights
