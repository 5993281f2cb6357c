"""The training loop: a generator that updates, yields, and leaves the rest to its caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from minillm.autograd import Tensor, gradients_of
from minillm.backend import Array, array_module
from minillm.optim import Optimizer, clip_gradients


class DivergenceError(RuntimeError):
    """The loss or its gradient is no longer a finite number; the weights are the last good ones."""


@dataclass(frozen=True)
class Step:
    """What happened in one update.  Numbers stay arrays; the caller converts what it prints."""

    index: int  # how many updates came before, also those of an earlier part of a resumed run
    loss: Array  # before the update, in nats
    gradient_norm: Array  # before clipping
    lr: float


def fit(
    loss_of: Callable[[Any], Tensor],
    batches: Iterable[Any],
    optimizer: Optimizer,
    *,
    schedule: Callable[[int], float] | None = None,
    max_norm: float = 1.0,
    allow_unused: bool = False,
) -> Iterator[Step]:
    """Train, one update per batch, and yield what happened.

    Stop by leaving the loop.  ``schedule`` gives the learning rate of a step; without it, the
    optimiser's own stays.

    Raises:
        DivergenceError: a loss or gradient that is not finite, before it touches the weights.
    """
    for batch in batches:
        index = optimizer.steps
        if schedule is not None:
            optimizer.lr = schedule(index)
        loss = loss_of(batch)
        gradients = gradients_of(loss, optimizer.parameters, allow_unused=allow_unused)
        clipped, norm = clip_gradients(gradients, max_norm)
        stop_if_not_finite(index, loss.data, norm)
        optimizer.step(clipped)
        yield Step(index, loss.data, norm, optimizer.lr)


def stop_if_not_finite(index: int, loss: Array, norm: Array) -> None:
    """Wait for the device once, and raise if either number is not finite.

    Raises:
        DivergenceError: with the step and both numbers.
    """
    if not bool(array_module(loss).isfinite(loss + norm)):
        raise DivergenceError(
            f"step {index}: loss {float(loss):.4g}, gradient norm {float(norm):.4g}; the weights "
            "of the step before are kept. A smaller learning rate usually helps."
        )
