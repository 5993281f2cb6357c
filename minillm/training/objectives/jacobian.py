"""The gradients of several losses, one row a task, and what they say of a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor, gradients_of
from minillm.backend import Array, array_module, to_numpy
from minillm.training.objectives.aggregators import checked_gram, cosines_of

Row = list[Array | None]  # the gradient of one loss, tensor by tensor; None: it does not reach it


def gradients_by_loss(losses: Sequence[Tensor], tensors: Sequence[Tensor]) -> list[Row]:
    """``d L_i / d tensor`` for every loss and tensor: the Jacobian, in pieces.

    The tensors are parameters, or a representation that the losses share: its Jacobian costs only
    the way from the losses down to it, and ``representation.backward(combined(...))`` goes on from
    there, once for all tasks.  The losses may stand on one graph, which is kept for all of them.

    Raises:
        ValueError: there is no loss.
        TypeError: a loss is not a Tensor.
        RuntimeError: as ``gradients_of``.
    """
    if not losses:
        raise ValueError("gradients_by_loss: needs at least one loss, got none")
    for place, loss in enumerate(losses):
        if not isinstance(loss, Tensor):
            raise TypeError(f"loss {place} must be a Tensor, got a {type(loss).__name__}")
    tensors, last = list(tensors), len(losses) - 1
    return [
        gradients_of(loss, tensors, keep_graph=place != last, allow_unused=True)
        for place, loss in enumerate(losses)
    ]


def shared_places(rows: Sequence[Row]) -> list[int]:
    """Which of the tensors more than one loss reaches; with a single loss, all that it reaches.

    Raises:
        ValueError: there is none.
    """
    reached = np.array([[piece is not None for piece in row] for row in rows])
    shared = np.flatnonzero(reached.sum(axis=0) >= min(2, len(rows)))
    if not len(shared):
        raise ValueError(
            f"{len(rows)} losses share no parameter: each can be trained by itself, and there is "
            "nothing to weigh"
        )
    return [int(place) for place in shared]


def gram_of(rows: Sequence[Row], places: Sequence[int] | None = None) -> np.ndarray:
    """The inner products of the rows of the Jacobian, over some of the tensors::

        G = J J'

    Shapes: m rows -> (m, m), a NumPy array in float64, whatever the gradients are.  They stay on
    their device.  A tensor that a loss does not reach counts 0.

    Raises:
        ValueError: there is no row, rows differ in length, or a gradient is not finite.
    """
    if not rows:
        raise ValueError("gram_of: needs a row for each task, got none")
    if len({len(row) for row in rows}) > 1:
        raise ValueError(
            f"gram_of: rows must have a piece for each tensor, got {[len(row) for row in rows]}"
        )
    gram = np.zeros((len(rows), len(rows)))
    for place in range(len(rows[0])) if places is None else places:
        pieces = [row[place] for row in rows]
        some = [i for i, piece in enumerate(pieces) if piece is not None]
        if some:
            xp = array_module(pieces[some[0]])
            flat = xp.stack([g.astype("float64").reshape(-1) for g in pieces if g is not None])
            gram[np.ix_(some, some)] += to_numpy(flat @ flat.T)
    return checked_gram(gram)


def combined(pieces: Sequence[Array | None], weights: Sequence[float]) -> Array | None:
    """``sum_i w_i g_i`` of the gradients that are there, in their dtype; None where none is."""
    total: Array | None = None
    for piece, weight in zip(pieces, weights, strict=True):
        if piece is not None:
            share = piece * float(weight)
            total = share if total is None else total + share
    return total


def first_order_changes(
    rows: Sequence[Row], before: Sequence[Array], after: Sequence[Array]
) -> np.ndarray:
    """How much each loss changes with the parameters, to first order::

        g_i·(theta_new - theta_old)          below 0 for a loss that falls

    Shapes: m rows, and two lists of arrays in the order of the parameters -> (m,) in float64.
    """
    pairs = zip(before, after, strict=True)
    moved = [new.astype("float64") - old.astype("float64") for old, new in pairs]
    found = np.zeros(len(rows))
    for i, row in enumerate(rows):
        for gradient, step in zip(row, moved, strict=True):
            if gradient is not None:
                found[i] += float((gradient.astype("float64") * step).sum())
    return found


class Conflict(NamedTuple):
    """What a Gram matrix says of its tasks."""

    cosines: np.ndarray  # (m, m)
    conflicting: bool  # whether two gradients have a negative inner product
    least: float  # the least cosine of two of them; 1 for a single task


def conflict(gram: np.ndarray) -> Conflict:
    """The cosines between gradients, and whether any are in conflict::

        cos_ij = g_i·g_j / (|g_i| |g_j|)

    Shapes: ``gram (m, m)``.

    A cosine of -1 is no measure of how bad a conflict is: wherever a trade-off is made in the best
    way and gradients are left, they are opposite.  ``gaps`` says what is lost.

    Raises:
        ValueError: as ``checked_gram``.
    Source: Yu et al. 2020, "Gradient Surgery for Multi-Task Learning", arXiv:2001.06782,
        definition 1.
    """
    cosines = cosines_of(checked_gram(gram))
    between = cosines[np.triu_indices(len(cosines), k=1)]
    least = float(between.min(initial=1.0))
    return Conflict(cosines, least < 0, least)


def share_of_conflicts(grams: Sequence[np.ndarray]) -> float:
    """In what share of steps some pair of gradients conflicts, from the Gram matrix of each step.

    Raises:
        ValueError: there is no step.
    """
    if not len(grams):
        raise ValueError("share_of_conflicts: needs the Gram matrix of at least one step, got none")
    return float(np.mean([conflict(gram).conflicting for gram in grams]))


def gaps(losses: Sequence[float], optima: Sequence[float]) -> np.ndarray:
    """What every task loses against its own best: ``L_i - L_i*``, (m,).

    The optimum of a task is what training on it alone reaches, if theory does not say.

    Raises:
        ValueError: there are not as many optima as losses.
    """
    if len(losses) != len(optima):
        raise ValueError(f"{len(losses)} losses and {len(optima)} optima: one of each a task")
    return np.asarray(losses, dtype=np.float64) - np.asarray(optima, dtype=np.float64)
