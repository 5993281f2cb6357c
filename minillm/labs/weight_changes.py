"""How the weights of a model changed: in which directions, and how many of these are needed.

Letters: M matrices; W before, C the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np

from minillm.labs.finetuning.ranks import rank_of, weights
from minillm.models.gpt import Gpt


def columns(matrix: np.ndarray, energy: float) -> np.ndarray:
    """An orthonormal basis of the column space, as far as it holds that share of the energy."""
    u, s, _ = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    held = np.cumsum(s**2) / np.sum(s**2)
    basis: np.ndarray = u[:, : 1 + int(np.searchsorted(held, energy))]
    return basis


def share_inside(change: np.ndarray, before: np.ndarray, energy: float) -> tuple[float, float]:
    """Which share of a change lies in the column space of the weights, and of a random change::

        |UUᵀC|² / |C|²   and   k / n,       U (n, k): ``columns`` of W (n, m)

    Its root is the cosine of an angle between both spaces, in the mean over the directions of C.
    """
    u = columns(before, energy)
    c = change.astype(np.float64)
    return float(np.sum((u.T @ c) ** 2) / np.sum(c**2)), u.shape[1] / len(u)


def measures(before: Gpt, after: Gpt, names: tuple[str, ...], energy: float) -> np.ndarray:
    """Of the change of every matrix of these names: rank, share inside, chance, size, (M, 4).

    The rank is how many singular values hold that share of the energy of the change, and the size
    is ``|C| / |W|``.
    """
    first, last = weights(before, names), weights(after, names)
    found = []
    for path, w in first.items():
        change = last[path] - w
        size = np.linalg.norm(change) / np.linalg.norm(w)
        found.append([rank_of(change, energy), *share_inside(change, w, energy), size])
    return np.array(found)


def with_rank(before: Gpt, after: Gpt, names: Sequence[str], rank: int) -> Gpt:
    """``after``, but that every matrix of these names changed by the best change of that rank.

    Source: Eckart & Young 1936, "The Approximation of One Matrix by Another of Lower Rank".
    """
    copy = deepcopy(after)
    parameters = dict(copy.named_parameters())
    for path, w in weights(before, tuple(names)).items():
        parameter = parameters[f"{path}.weight"]
        u, s, v = np.linalg.svd((parameter.data - w).astype(np.float64), full_matrices=False)
        change = (u[:, :rank] * s[:rank]) @ v[:rank]
        parameter.data = (w + change).astype(w.dtype)
    return copy
