"""The training loop: a generator that updates, yields, and leaves the rest to its caller."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor, gradients_of
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
    max_norm: float | None = 1.0,
    allow_unused: bool = False,
    accumulate: int = 1,
) -> Iterator[Step]:
    """Train, one update per ``accumulate`` batches, and yield what happened.

    Stop by leaving the loop.  ``schedule`` gives the learning rate of a step; without it, the
    optimiser's own stays.  A gradient longer than ``max_norm`` is shortened; ``None`` leaves all
    as they are.

    An update takes the mean of its batches' losses: k batches of equal size, one after another,
    give the gradient of a batch k times as large in the memory of one.  The last update may have
    fewer, and takes the mean of those.

    Raises:
        DivergenceError: a loss or gradient that is not finite, before it touches the weights.
        ValueError: a schedule's rate that is negative or not finite, or ``accumulate`` below 1,
            before anything happens.
    """
    if accumulate < 1:
        raise ValueError(f"accumulate must be at least 1 batch per update, got {accumulate}")
    waiting = iter(batches)
    while window := list(itertools.islice(waiting, accumulate)):
        index = optimizer.steps
        if schedule is not None:
            optimizer.lr = schedule(index)
        with np.errstate(over="ignore", invalid="ignore"):  # one error, not a flood of warnings
            loss, gradients = mean_gradients(
                loss_of, window, optimizer.parameters, allow_unused=allow_unused
            )
            limit = math.inf if max_norm is None else max_norm
            clipped, norm = clip_gradients(gradients, limit)
            stop_if_not_finite(index, loss, norm)
            optimizer.step(clipped)
        yield Step(index, loss, norm, optimizer.lr)


def mean_gradients(
    loss_of: Callable[[Any], Tensor],
    batches: Sequence[Any],
    parameters: Sequence[Parameter],
    *,
    allow_unused: bool = False,
) -> tuple[Array, list[Array | None]]:
    """The mean loss of the batches and its gradients; one batch's graph is alive at a time."""
    shares: list[Tensor] = []
    total: list[Array | None] = [None] * len(parameters)
    for batch in batches:
        share = loss_of(batch) / len(batches)
        gradients = gradients_of(share, parameters, allow_unused=allow_unused)
        total = [added(a, b) for a, b in zip(total, gradients, strict=True)]
        shares.append(share.detach())
    return functools.reduce(operator.add, shares).data, total


def added(a: Array | None, b: Array | None) -> Array | None:
    """The sum of two gradients, where ``None`` is that of a parameter which was not used."""
    if a is None or b is None:
        return b if a is None else a
    return a + b


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
