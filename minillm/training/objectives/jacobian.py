"""The gradients of several losses, one row a task, and what they say of a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor, gradients_of
from minillm.backend import Array, to_numpy
from minillm.training.objectives.aggregators import checked_gram, cosines_of

Row = list[Array | None]  # the gradient of one loss, tensor by tensor; None: it does not reach it


def gradients_by_loss(losses: Sequence[Tensor], tensors: Sequence[Tensor]) -> list[Row]:
    """``d L_i / d tensor`` for every loss and tensor: the Jacobian, in pieces.

    The tensors are parameters, or a representation that the losses share.  The losses may stand on
    one graph; it is kept for all of them and freed with the last.

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
    last = len(losses) - 1
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

    Shapes: m rows -> (m, m) in float64.  A tensor that a loss does not reach counts 0.

    Raises:
        ValueError: a gradient is not finite.
    """
    gram = np.zeros((len(rows), len(rows)))
    for place in range(len(rows[0])) if places is None else places:
        pieces = [row[place] for row in rows]
        some = [i for i, piece in enumerate(pieces) if piece is not None]
        if some:
            flat = np.array([to_numpy(pieces[i]).astype(np.float64).ravel() for i in some])
            gram[np.ix_(some, some)] += flat @ flat.T
    return checked_gram(gram)


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


def gaps(losses: Sequence[float], optima: Sequence[float]) -> np.ndarray:
    """What every task loses against the best that it could have by itself: ``L_i - min L_i``, (m,).

    Raises:
        ValueError: there are not as many optima as losses.
    """
    if len(losses) != len(optima):
        raise ValueError(f"{len(losses)} losses and {len(optima)} optima: one of each a task")
    return np.asarray(losses, dtype=np.float64) - np.asarray(optima, dtype=np.float64)
