"""Training with several losses: an aggregator says how their gradients become one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import Array
from minillm.training.objectives.jacobian import Row, gradients_by_loss, gram_of, shared_places

Weights = Callable[[np.ndarray], np.ndarray]


class Aggregated:
    """What ``fit`` takes as ``gradients=``, where ``loss_of`` gives a list of losses::

        fit(losses_of, batches, optimizer, gradients=Aggregated(upgrad))

    On parameters that several losses reach the gradient is ``J'w`` with the weights of the
    aggregator; on those of one task, that task's own gradient, whole.  The loss that is reported is
    the sum.  ``gram`` and ``weights`` are those of the last update.

    SGD then moves along ``-J'w``, and what an aggregator promises (no loss rises) holds for small
    steps.  Adam divides each number by a length of its own: its step is another one, and promises
    are not inherited.  ``changes`` measures what an update did.

    Raises:
        TypeError: ``weights_of`` is not a function.
    """

    def __init__(self, weights_of: Weights):
        if not callable(weights_of):
            raise TypeError(f"an aggregator is a function of a Gram matrix, got {weights_of!r:.40}")
        self.weights_of = weights_of
        self.gram: np.ndarray | None = None
        self.weights: np.ndarray | None = None

    def __call__(
        self,
        loss_of: Callable[[Any], Any],
        batches: Sequence[Any],
        parameters: Sequence[Parameter],
        *,
        counts: Sequence[float],
        allow_unused: bool = False,
    ) -> tuple[Array, list[Array | None]]:
        """The sum of the losses, and the gradients of an update.

        Raises:
            ValueError: no loss, losses that share no parameter, or not as many in each batch; a
                gradient or a weight that is not finite.
            TypeError: a loss that is not a Tensor.
            RuntimeError: a parameter that no loss reaches, unless ``allow_unused``.
        """
        whole = sum(counts)
        rows: list[Row] = []
        value: Any = 0.0
        for batch, n in zip(batches, counts, strict=True):
            if n == 0:
                continue
            losses = [loss * (n / whole) for loss in loss_of(batch)]
            rows = summed(rows, gradients_by_loss(losses, parameters))
            value = value + sum(loss.data for loss in losses)
        shared = set(shared_places(rows))
        self.gram = gram_of(rows, sorted(shared))
        self.weights = checked_weights(self.weights_of(self.gram), len(rows))
        ones = np.ones(len(rows))
        found = [
            combined([row[place] for row in rows], self.weights if place in shared else ones)
            for place in range(len(parameters))
        ]
        for place, gradient in enumerate(found):
            if gradient is None and not allow_unused:
                raise RuntimeError(
                    f"parameter {place} of shape {parameters[place].shape} influences none of the "
                    "losses; leave it out, or pass allow_unused=True"
                )
        return value, found


def summed(rows: list[Row], more: list[Row]) -> list[Row]:
    """The gradients of two batches together.

    Raises:
        ValueError: one has more losses than the other.
    """
    if rows and len(rows) != len(more):
        raise ValueError(f"a batch gave {len(more)} losses, and one before {len(rows)}")
    if not rows:
        return more
    return [
        [combined([a, b], np.ones(2)) for a, b in zip(one, other, strict=True)]
        for one, other in zip(rows, more, strict=True)
    ]


def combined(pieces: Sequence[Array | None], weights: np.ndarray) -> Array | None:
    """A weighted sum of what is there, in the dtype that it has; None where nothing is."""
    total: Array | None = None
    for piece, weight in zip(pieces, weights, strict=True):
        if piece is not None:
            share = piece * piece.dtype.type(weight)
            total = share if total is None else total + share
    return total


def checked_weights(weights: Any, m: int) -> np.ndarray:
    """One finite weight a task.

    Raises:
        ValueError: something else.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (m,) or not np.isfinite(weights).all():
        raise ValueError(f"an aggregator gives {m} finite weights, got {weights.tolist()!r:.80}")
    return weights


def changes(rows: Sequence[Row], before: Sequence[Array], after: Sequence[Array]) -> np.ndarray:
    """How much each loss changes with the parameters, to first order, (m,)::

        g_i·(theta_new - theta_old)          below 0 for a loss that falls

    ``rows`` are the gradients at ``before``; the parameters are given in the same order.
    """
    moved: list[Array | None] = [new - old for old, new in zip(before, after, strict=True)]
    found: np.ndarray = np.array([gram_of([row, moved])[0, 1] for row in rows])
    return found
