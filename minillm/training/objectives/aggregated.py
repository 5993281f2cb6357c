"""Training with several losses: an aggregator says how their gradients become one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import Array, array_module, as_number
from minillm.training.loop import DivergenceError
from minillm.training.objectives.jacobian import (
    Row,
    combined,
    first_order_changes,
    gradients_by_loss,
    gram_of,
    shared_places,
)

Weights = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Update:
    """What an update was made of: m losses, their gradients, and the weights that these got."""

    losses: np.ndarray  # (m,), before the update
    gram: np.ndarray  # (m, m), over what the tasks share
    weights: np.ndarray  # (m,)
    rows: Sequence[Row]  # the gradient of each loss at every parameter
    parameters: Sequence[Parameter]
    before: Sequence[Array]  # the parameters' values

    def changes(self) -> np.ndarray:
        """``g_i·(theta_now - theta_before)``, (m,): negative for a loss that the step made fall.

        To first order, over all parameters, and of whatever the optimizer made of the gradient.
        """
        return first_order_changes(self.rows, self.before, [p.data for p in self.parameters])


class Aggregated:
    """The ``gradients`` of ``fit`` or a ``Stage`` whose ``loss_of`` gives a list of losses::

        fit(losses_of, batches, optimizer, gradients=Aggregated(upgrad))

    On parameters that more than one loss reaches the gradient is ``J'w``, with the weights that
    the aggregator gives for the Gram matrix of the shared part; on those of one task it is that
    task's own gradient, whole.  The loss that is reported is the sum.  A single loss is one row,
    and all of its parameters are shared.

    ``last`` holds what the last update was made of.  An aggregator promises something of d, and
    SGD moves along -d; Adam divides each number by a length of its own and keeps an average, so
    its step is not along -d, and no promise passes to it.  ``last.changes()`` measures what the
    step did to each loss.

    Nothing of it is in a checkpoint: a run that is resumed is the same bit for bit only with an
    aggregator that keeps no state and draws nothing, as all do but ``pcgrad`` with ``rng``.

    Raises:
        TypeError: ``weights_of`` is not a function.
    """

    own_weights = False  # whether parameters of one task, too, get the weight of their loss

    def __init__(self, weights_of: Weights):
        if not callable(weights_of):
            raise TypeError(
                f"an aggregator is a function of a Gram matrix, such as upgrad, got "
                f"{weights_of!r:.40}"
            )
        self.weights_of = weights_of
        self.last: Update | None = None

    def weigh(self, losses: np.ndarray, gram: np.ndarray) -> np.ndarray:
        """The weights of the tasks: an aggregator does not look at the losses."""
        return self.weights_of(gram)

    def __call__(
        self,
        loss_of: Callable[[Any], Any],
        batches: Sequence[Any],
        parameters: Sequence[Parameter],
        *,
        counts: Sequence[float],
        allow_unused: bool = False,
    ) -> tuple[Array, list[Array | None]]:
        """The sum of the losses, and the gradients of one update.

        Raises:
            DivergenceError: a loss or a gradient that is not finite, with the task's place.
            ValueError: no loss, losses that share no parameter, or not as many in each batch; a
                weight that is not finite.
            TypeError: ``loss_of`` gives no list, or a loss is not a Tensor.
            RuntimeError: a parameter that no loss reaches, unless ``allow_unused``.
        """
        self.last = None  # its gradients are let go
        losses, rows = losses_and_rows(loss_of, batches, parameters, counts)
        shared = shared_places(rows)
        check_finite(losses, rows)
        gram = gram_of(rows, shared)
        weights = checked_weights(self.weigh(losses, gram), len(rows))
        own = weights if self.own_weights else np.ones(len(rows))
        found = [
            combined([row[i] for row in rows], (weights if i in shared else own).tolist())
            for i in range(len(parameters))
        ]
        if not allow_unused:
            check_used(found, parameters)
        self.last = Update(losses, gram, weights, rows, parameters, [p.data for p in parameters])
        xp = array_module(parameters[0].data)
        return xp.asarray(losses.sum()), found


def losses_and_rows(
    loss_of: Callable[[Any], Any],
    batches: Sequence[Any],
    parameters: Sequence[Parameter],
    counts: Sequence[float],
) -> tuple[np.ndarray, list[Row]]:
    """Each task's mean loss over all that the batches count, and the gradient of it.

    Raises:
        ValueError: no loss, not as many in each batch, or batches that count nothing.
        TypeError: ``loss_of`` gives no list, or a loss is not a Tensor.
    """
    whole = sum(counts)
    if not whole:
        raise ValueError("the batches of an update count nothing, and have no losses to weigh")
    values: list[np.ndarray] = []
    rows: list[Row] = []
    for batch, n in zip(batches, counts, strict=True):
        if n == 0:
            continue
        losses = loss_of(batch)
        if not isinstance(losses, list | tuple):
            raise TypeError(
                f"loss_of must return a list of losses, one a task, got {type(losses).__name__}"
            )
        more = gradients_by_loss(losses, parameters)
        if rows and len(rows) != len(more):
            raise ValueError(f"a batch gave {len(more)} losses, and one before it {len(rows)}")
        values.append(np.array([as_number("a loss", x.data.reshape(())) for x in losses]) * n)
        share = n / whole
        rows = [
            [combined(pair, (1.0, share)) for pair in zip(row, new, strict=True)]
            for row, new in zip(rows or [[None] * len(parameters)] * len(more), more, strict=True)
        ]
    return np.sum(values, axis=0) / whole, rows


def check_finite(losses: np.ndarray, rows: Sequence[Row]) -> None:
    """Refuse losses and gradients that are no numbers any more.

    Raises:
        DivergenceError: with the place of the first such task.
    """
    for place, (loss, row) in enumerate(zip(losses, rows, strict=True)):
        sizes = [float(abs(piece).max()) for piece in row if piece is not None and piece.size]
        if not np.isfinite([loss, *sizes]).all():
            raise DivergenceError(
                f"task {place}: loss {loss:.4g}, largest number in its gradient "
                f"{max(sizes, default=0.0):.4g}; this update was not made"
            )


def checked_weights(weights: Any, m: int) -> np.ndarray:
    """One finite weight a task.

    Raises:
        ValueError: something else.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (m,) or not np.isfinite(weights).all():
        raise ValueError(
            f"an aggregator of {m} tasks must give {m} finite weights, got {weights.tolist()!r:.80}"
        )
    return weights


def check_used(found: Sequence[Array | None], parameters: Sequence[Parameter]) -> None:
    """Refuse parameters that no loss reaches.

    Raises:
        RuntimeError: with the first one's place and shape.
    """
    for place, (gradient, parameter) in enumerate(zip(found, parameters, strict=True)):
        if gradient is None:
            raise RuntimeError(
                f"parameter {place} of shape {parameter.shape} influences none of the losses; "
                "leave it out, or pass allow_unused=True"
            )
