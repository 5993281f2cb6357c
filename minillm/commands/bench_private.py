"""What privacy costs in time: a step of DP-SGD beside a plain one and a loop over examples."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from functools import partial

from minillm.autograd import Tensor, gradients_of
from minillm.backend import Array, stream
from minillm.commands.bench_steps import Size, random_batch
from minillm.commands.bench_timing import Clock, in_turn, timed
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.optim import SGD, Optimizer, clip_gradients
from minillm.training import mean_gradients
from minillm.training.privacy import PrivateGradients

PRIVATE_SIZES = ("tiny", "course")  # a larger model would not fit into memory once per example
CLIP = 1.0
Batch = tuple[Array, Array]


def private_times(size: Size, *, rounds: int, clock: Clock) -> dict[str, float]:
    """Milliseconds of a step: "plain", "private", and "one by one" in a loop over examples."""
    steps = {name: step_of(way, size) for name, way in WAYS.items()}
    for step in steps.values():
        step()  # warms up
    asked = {name: partial(timed, step, size.steps, clock) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for name, ms in in_turn(asked, rounds):
        times[name].append(ms)
    return {name: statistics.median(found) for name, found in times.items()}


def step_of(way: Callable[..., Sequence[Array | None]], size: Size) -> Callable[[], None]:
    """A training step of a model that nothing else trains."""
    config = GptConfig(
        size.vocabulary,
        width=size.width,
        n_heads=size.n_heads,
        n_layers=size.n_layers,
        max_length=size.length,
        positions="rotary",
    )
    model, batch = Gpt(config, rng=stream(0, "bench: weights")), random_batch(size)
    optimizer = SGD(model.parameters(), lr=1e-3)

    def losses_of(some: Batch) -> Tensor:
        return model.loss(*some, reduction="none").mean(axis=1)

    return lambda: optimizer.step(way(losses_of, batch, optimizer))


def plain(
    losses_of: Callable[[Batch], Tensor], batch: Batch, optimizer: Optimizer
) -> Sequence[Array | None]:
    """The gradient of the mean."""
    _, gradients = mean_gradients(
        lambda some: losses_of(some).mean(), [batch], optimizer.parameters, counts=[1.0]
    )
    return gradients


def private(
    losses_of: Callable[[Batch], Tensor], batch: Batch, optimizer: Optimizer
) -> Sequence[Array | None]:
    """All examples at once."""
    noisy = PrivateGradients(
        clip=CLIP, noise=1.0, expected=len(batch[0]), rng=stream(0, "bench: noise")
    )
    _, gradients = noisy(losses_of, [batch], optimizer.parameters, counts=[1.0])
    return gradients


def one_by_one(
    losses_of: Callable[[Batch], Tensor], batch: Batch, optimizer: Optimizer
) -> Sequence[Array | None]:
    """Each example by itself, without the noise."""
    total: list[Array] = []
    for i in range(len(batch[0])):
        one = (batch[0][i : i + 1], batch[1][i : i + 1])
        found = gradients_of(losses_of(one).sum(), optimizer.parameters)
        clipped = [g for g in clip_gradients(found, CLIP)[0] if g is not None]
        total = [a + b for a, b in zip(total, clipped, strict=True)] if total else clipped
    return [g / len(batch[0]) for g in total]


WAYS: dict[str, Callable[..., Sequence[Array | None]]] = {
    "plain": plain,
    "private": private,
    "one by one": one_by_one,
}
