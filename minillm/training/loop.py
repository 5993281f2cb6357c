"""The training loop: a generator that updates, yields, and leaves the rest to its caller."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import Array, array_module, on_host, to_numpy
from minillm.backend.allocator import give_back
from minillm.backend.device_memory import telling_what_is_free
from minillm.optim import Optimizer, clip_gradients, gradient_norm
from minillm.training.accumulation import checked_answer, counted, mean_gradients


class DivergenceError(RuntimeError):
    """The loss or its gradient is no longer a finite number; the weights are the last good ones."""


class Gradients(Protocol):
    """The seam between loss and update: batches in, a loss to report and gradients out.

    ``counts`` says what each batch counts; the gradients are one for each of ``parameters``.

    Where it has a method ``may_go_on(finite)``, that is told of each attempt whether all was
    finite; if it answers False, the update is left out, and the next batches take its place.
    """

    def __call__(
        self,
        loss_of: Callable[[Any], Any],
        batches: Sequence[Any],
        parameters: Sequence[Parameter],
        *,
        counts: Sequence[float],
        allow_unused: bool,
    ) -> tuple[Array, Sequence[Array | None]]: ...


@dataclass(frozen=True)
class Step:
    """What happened in one update; its numbers are on the host."""

    index: int  # how many updates came before, also those of an earlier part of a resumed run
    loss: Array  # before the update
    gradient_norm: Array  # before clipping
    lr: float
    held_out_loss: float | None = None  # after the update, where a stage of a run measured it


def fit(
    loss_of: Callable[[Any], Any],
    batches: Iterable[Any],
    optimizer: Optimizer,
    *,
    schedule: Callable[[int], float] | None = None,
    max_norm: float | None = None,
    allow_unused: bool = False,
    accumulate: int = 1,
    count: Callable[[Any], float] | None = None,
    gradients: Gradients = mean_gradients,
) -> Iterator[Step]:
    """Train, one update per ``accumulate`` batches, and yield what happened.

    Stop by leaving the loop.  ``schedule`` gives the learning rate of a step; without it, the
    optimiser's own stays.  Gradients are shortened to the joint norm ``max_norm`` where it is
    given, and otherwise taken as they are.

    An update takes the mean over all targets of its batches, of which ``count`` says how many a
    batch has: k batches, one after another, then give the gradient of all in one, in the memory
    of the largest.  The last update may have fewer batches, and takes the mean of those.

    ``gradients`` makes one update's gradients out of its batches.  Another function in the place
    of ``mean_gradients`` may clip each example by itself, weigh several losses against each
    other (``loss_of`` then returns what that function wants), or add up what other processes
    found.

    Raises:
        DivergenceError: a loss or gradient that is not finite, before it touches the weights.
        ValueError: at once, as ``check_settings``.  With the first step, a schedule that is over;
            with any, a count or a rate that is negative or not finite.
        TypeError: at once, an ``optimizer`` that is not one, or as ``check_settings``; with the
            first step, a loss that is not a Tensor, or an answer of ``gradients`` that is not a
            loss and a list of gradients.
        MemoryError: a device is full; with what was asked for and what is free.
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "optimizer must be an optimiser, such as AdamW(model.parameters()), "
            f"got {type(optimizer).__name__}"
        )
    check_settings(accumulate, max_norm, schedule=schedule, count=count, gradients=gradients)
    steps = updates(
        loss_of, batches, optimizer, schedule, max_norm, allow_unused, accumulate, count, gradients
    )
    return frugal(steps)


def updates(
    loss_of: Callable[[Any], Any],
    batches: Iterable[Any],
    optimizer: Optimizer,
    schedule: Callable[[int], float] | None,
    max_norm: float | None,
    allow_unused: bool,
    accumulate: int,
    count: Callable[[Any], float] | None,
    gradients: Gradients,
) -> Iterator[Step]:
    """The loop of ``fit``, once its settings are known to make sense."""
    waiting, start = iter(batches), optimizer.steps
    may_go_on = getattr(gradients, "may_go_on", None)
    while window := list(itertools.islice(waiting, accumulate)):
        index = optimizer.steps
        if schedule is not None:
            refuse_finished(schedule, index, start)
            optimizer.lr = schedule(index)
        counts = counted(count, window)
        quietly = np.errstate(over="ignore", invalid="ignore")  # one error, no flood of warnings
        with quietly, telling_what_is_free():
            answer = gradients(
                loss_of, window, optimizer.parameters, counts=counts, allow_unused=allow_unused
            )
            loss, found = checked_answer(answer, len(optimizer.parameters))
            del answer  # what was not shortened is not kept beside what was
            if max_norm is None:
                norm = gradient_norm(found)
            else:
                found, norm = clip_gradients(found, max_norm)
            loss, norm = on_the_host(loss, norm)
            finite = bool(np.isfinite(loss + norm))
            if may_go_on is not None and not may_go_on(finite):
                continue
            stop_if_not_finite(index, loss, norm, finite)
            optimizer.step(found)
            del found  # not kept while the next ones are made
        yield Step(index, loss, norm, optimizer.lr)


def frugal(steps: Iterator[Step]) -> Iterator[Step]:
    """The same steps; at their end, the memory that was kept for the next one is given back."""
    try:
        yield from steps
    finally:
        give_back()


def check_settings(
    accumulate: int, max_norm: float | None, **functions: Callable[..., Any] | None
) -> None:
    """Refuse settings of ``fit`` that make no sense, before anything is trained.

    Raises:
        ValueError: ``accumulate`` is below 1, or above 1 without ``count``: nobody knows what
            each batch weighs; ``max_norm`` is not positive.
        TypeError: ``accumulate`` is not an integer; one of the functions is not a function.
    """
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise TypeError(f"{name} must be a function, got {function!r:.40}")
    check_integer("accumulate", accumulate)
    if accumulate < 1:
        raise ValueError(f"accumulate must be at least 1 batch per update, got {accumulate}")
    if max_norm is not None and not (isinstance(max_norm, Real) and max_norm > 0):
        raise ValueError(f"max_norm must be positive, got {max_norm!r}")
    if accumulate > 1 and functions["count"] is None:
        raise ValueError(
            f"accumulate = {accumulate} batches per update need count, a function that gives the "
            "number of targets of a batch; for batches of equal size count=len will do"
        )


def check_integer(name: str, value: Any) -> None:
    """Refuse a number of updates or batches with a fraction.

    Raises:
        TypeError: ``value`` is not an integer.
    """
    if not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")


def refuse_finished(schedule: Callable[[int], float], index: int, start: int) -> None:
    """Refuse to begin where a schedule has come down to nothing: no update would change a weight.

    A rate of 0 from the very beginning, of a warm-up or of an experiment without learning, is
    somebody's wish; so is one at the end of a longer training.

    Raises:
        ValueError: ``index`` is ``start``, the rate there is 0, and it was more before.
    """
    if index == start and schedule(start) == 0 and any(schedule(i) > 0 for i in range(start)):
        raise ValueError(
            f"the schedule is over: its rate at step {start}, where this optimiser stands, is 0; "
            "give a schedule that goes on beyond it, or a new optimiser to begin at step 0"
        )


def on_the_host(loss: Array, norm: Array) -> tuple[Array, Array]:
    """Both numbers on the host, each in its dtype: a step waits for a device once, and here."""
    if on_host(loss):
        return loss, norm
    both = to_numpy(array_module(loss).stack([x.astype("float64") for x in (loss, norm)]))
    return both[0].astype(loss.dtype), both[1].astype(norm.dtype)


def stop_if_not_finite(index: int, loss: Array, norm: Array, finite: bool) -> None:
    """Raise if either number is not finite.

    Raises:
        DivergenceError: with the step and both numbers.
    """
    if not finite:
        raise DivergenceError(
            f"step {index}: loss {float(loss):.4g}, gradient norm {float(norm):.4g}; this "
            "update was not made. A smaller learning rate usually helps."
        )
