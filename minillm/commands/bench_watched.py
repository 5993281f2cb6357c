"""What a watch costs in time: a training step that is watched beside one that is not."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

from minillm.autograd import gradients_of
from minillm.commands.bench_steps import ADAMW, LanguageModel, Size, random_batch
from minillm.commands.bench_timing import Clock, in_turn, timed
from minillm.optim import AdamW
from minillm.training.watching import Watch, WatchLimits

# a batch that is learned by heart, again and again, is nothing that limits are made for
QUIET = WatchLimits(explosion=1e9, update_above=1e9, update_below=1e-30, loss_above=1e9)


def watched_times(size: Size, *, rounds: int, clock: Clock) -> dict[str, float]:
    """Milliseconds of a step: "plain", and "watched", each with a model of its own."""
    steps = {"plain": step_of(size), "watched": step_of(size, QUIET)}
    for step in steps.values():
        step()  # warms up
    asked = {name: partial(timed, step, size.steps, clock) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for name, ms in in_turn(asked, rounds):
        times[name].append(ms)
    return {name: statistics.median(found) for name, found in times.items()}


def step_of(size: Size, limits: WatchLimits | None = None) -> Callable[[], None]:
    """A training step of a model that nothing else trains, watched where there are limits."""
    model, batch = LanguageModel(size), random_batch(size)
    optimizer = AdamW(model.parameters(), **ADAMW)  # type: ignore[arg-type]
    watch = None if limits is None else Watch(model, optimizer, limits=limits)

    def step() -> None:
        with nullcontext() if watch is None else watch.looking():
            optimizer.step(gradients_of(model.loss(batch), optimizer.parameters))

    return step
