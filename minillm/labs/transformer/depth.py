"""What residual connections and layer normalization do in a deep stack, before and in training.

Every variant uses the same blocks and leaves out a part of them.  Letters: B sentences,
T positions, D model width, V variants, L depths, C limits of the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.autograd import Tensor, gradients_of
from minillm.backend import stream
from minillm.labs.learners import AdamSettings, floating, learn
from minillm.labs.study import Study
from minillm.labs.transformer.stacks import VARIANTS, Sizes, distance, new_blocks, rms, through
from minillm.nn import LayerNorm, Linear


@dataclass(frozen=True)
class Trainings:
    """The stacks that are trained, and how; of the rates the best counts, for each variant."""

    depths: tuple[int, ...] = (2, 8, 24)
    sizes: Sizes = Sizes(width=16, hidden=64)
    steps: int = 60
    rates: tuple[float, ...] = (3e-4, 1e-3, 3e-3, 1e-2)
    max_norms: tuple[float | None, ...] = (None, 1.0)  # None: the gradient is not clipped
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8


@dataclass(frozen=True)
class Settings:
    """The variants, the stacks at random weights, and those that are trained."""

    variants: tuple[str, ...] = tuple(VARIANTS)
    depths: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    sizes: Sizes = Sizes()
    trainings: Trainings = Trainings()


def signals(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """At random weights: size of the stream, distance of its positions, gradient that comes back.

    The gradient is that of ``sum(v * y)`` for a random ``v`` of norm 1, in the weights of the
    first block's attention and feed-forward network.

    Shapes: three arrays (V, L).

    Guide: 3.1 (G20).
    """
    sizes, depths = settings.sizes, settings.depths
    blocks = new_blocks(max(depths), sizes, stream(seed, "blocks"))
    shape = 2, sizes.sentences, sizes.length, sizes.width
    x, v = stream(seed, "input and cotangent").standard_normal(shape).astype(sizes.dtype)
    v /= np.linalg.norm(v)
    end = LayerNorm(sizes.width).to_dtype(floating(sizes.dtype))
    first = blocks[0].attention.parameters() + blocks[0].feed_forward.parameters()
    found = []
    for name in settings.variants:
        for depth in depths:
            out = through(VARIANTS[name], blocks[:depth], Tensor(x))
            top = end(out) if name == "pre-norm" else out
            gradients: list[Any] = gradients_of((top * v).sum(), first)
            norm = np.sqrt(sum(np.sum(g * g) for g in gradients))
            found.append((rms(out.data), distance(out.data), norm))
    table = np.array(found).reshape(len(settings.variants), len(depths), 3)
    return {"rms": table[..., 0], "distance": table[..., 1], "gradient": table[..., 2]}


def losses(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """Training loss of every variant at random weights (V, L), and after training (C, V, L).

    The second is the least over the rates, and at most 1: a stack that does worse than to answer
    0 to targets of variance 1 has learned nothing, and how much worse is rounding's choice.

    Guide: 3.1 (G20).
    """
    trainings, variants = settings.trainings, settings.variants

    def loss(name: str, depth: int, rate: float, steps: int, max_norm: float | None) -> float:
        betas, eps = trainings.betas, trainings.eps
        adam = AdamSettings(rate, steps, betas=betas, eps=eps, max_norm=max_norm)
        return trained(trainings.sizes, name, depth, adam, seed)

    def best(name: str, depth: int, max_norm: float | None) -> float:
        tried = [loss(name, depth, rate, trainings.steps, max_norm) for rate in trainings.rates]
        return min(*tried, 1.0)

    start = [[loss(name, depth, 0.0, 0, None) for depth in trainings.depths] for name in variants]
    after = [
        [[best(name, depth, max_norm) for depth in trainings.depths] for name in variants]
        for max_norm in trainings.max_norms
    ]
    return {"start": np.array(start), "loss": np.array(after)}


def trained(sizes: Sizes, name: str, depth: int, adam: AdamSettings, seed: int) -> float:
    """The loss on one batch whose random targets are to be learned by heart."""
    x, target = task(sizes, seed)
    rng, dtype = stream(seed, "trained blocks"), floating(sizes.dtype)
    blocks = new_blocks(depth, sizes, rng)
    end = LayerNorm(sizes.width).to_dtype(dtype)
    output = Linear(sizes.width, sizes.width, rng=rng).to_dtype(dtype)

    def loss_of(_: None) -> Tensor:
        y = through(VARIANTS[name], blocks, Tensor(x))
        error = output(end(y) if name == "pre-norm" else y) - target
        return (error * error).mean()

    parameters = [p for module in (*blocks, end, output) for p in module.parameters()]
    learn(parameters, loss_of, lambda: None, adam, allow_unused=True)
    return float(loss_of(None))


def task(sizes: Sizes, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets (B, T, D), the targets of mean 0 and variance 1."""
    shape = 2, sizes.sentences, sizes.length, sizes.width
    x, target = stream(seed, "task").standard_normal(shape).astype(sizes.dtype)
    return x, (target - target.mean()) / target.std()


def floor(sizes: Sizes, seed: int) -> float:
    """The least loss with one answer for all positions of a sentence: near ``1 - 1/T``.

    No stack gets below it whose positions are all equal.
    """
    _, target = task(sizes, seed)
    return float(np.mean((target - target.mean(axis=1, keepdims=True)) ** 2))


def with_trainings(settings: Settings, **changes: Any) -> Settings:
    """The same stacks, trained otherwise."""
    return replace(settings, trainings=replace(settings.trainings, **changes))


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Signals, and losses with their floor."""
    least = {"floor": floor(settings.trainings.sizes, seed)}
    return {**signals(settings, seed), **losses(settings, seed), **least}


STUDY = Study(
    name="depth",
    question="What do residual connections and normalization do in a deep stack?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
)
