"""How two tasks are trained at once: weights of the losses, or an aggregator of their gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import stream
from minillm.labs.conflict.two_tasks import TwoTasks
from minillm.labs.worlds.listed import Listed, Rated
from minillm.optim import SGD, AdamW, Optimizer, cosine_with_warmup
from minillm.training import Step, fit
from minillm.training.accumulation import mean_gradients
from minillm.training.loop import Gradients
from minillm.training.objectives import (
    Aggregated,
    Famo,
    GradNorm,
    UncertaintyWeights,
    weighted_loss,
)
from minillm.training.objectives.aggregators import (
    aligned_mtl,
    cagrad,
    imtl_g,
    mean,
    mgda,
    nash_mtl,
    pcgrad,
    upgrad,
)

Losses = Callable[[Rated], list[Tensor]]
AGGREGATORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": mean,
    "PCGrad": pcgrad,
    "UPGrad": upgrad,
    "MGDA": mgda,
    "MGDA, normalised": partial(mgda, normalised=True),
    "CAGrad": cagrad,
    "IMTL-G": imtl_g,
    "Nash-MTL": nash_mtl,
    "Aligned-MTL": aligned_mtl,
}
OPTIMIZERS: dict[str, type[SGD] | type[AdamW]] = {"sgd": SGD, "adam": AdamW}


@dataclass(frozen=True)
class JointTraining:
    """Batches of drawn sentences, under a rate that rises to its peak and falls along a cosine.

    SGD has no momentum: its step is the aggregated gradient, times the rate.
    """

    optimizer: str = "adam"
    steps: int = 150
    batch: int = 48
    warmup: int = 10
    weight_decay: float = 0.0


class Way(NamedTuple):
    """What ``fit`` is given, and the parameters that learn beside the model."""

    loss_of: Callable[[Rated], Any]
    gradients: Gradients = mean_gradients
    beside: Sequence[Parameter] = ()


def weighted(losses: Losses, weights: Sequence[float]) -> Way:
    """One loss: a sum with these weights."""
    return Way(lambda rated: weighted_loss(losses(rated), weights))


def uncertain(losses: Losses) -> Way:
    """One loss: a sum whose weights are learned."""
    weigh = UncertaintyWeights(2)
    return Way(lambda rated: weigh(losses(rated)), beside=weigh.parameters())


def aggregated(losses: Losses, name: str) -> Way:
    """Two gradients, of which an aggregator makes one.

    Raises:
        ValueError: there is no aggregator of that name.
    """
    if name not in AGGREGATORS:
        raise ValueError(f"aggregators are {', '.join(AGGREGATORS)}, got {name!r}")
    return Way(losses, Aggregated(AGGREGATORS[name]))


def grad_norm(losses: Losses) -> Way:
    """Weights that keep the two gradients at like lengths."""
    return Way(losses, GradNorm())


def famo(losses: Losses) -> Way:
    """Weights under which the losses fall by like per cents."""
    return Way(losses, Famo())


def optimizer_of(name: str, parameters: Sequence[Parameter], weight_decay: float) -> Optimizer:
    """SGD or Adam; the schedule gives the rate.

    Raises:
        ValueError: neither.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {name!r}")
    return OPTIMIZERS[name](parameters, lr=0.0, weight_decay=weight_decay)


def training(
    model: TwoTasks, way: Way, every: Listed, settings: JointTraining, *, rate: float, seed: int
) -> Iterator[Step]:
    """Train on sentences that are drawn, the same for every way; step by step."""
    s, rng = settings, stream(seed, "drawn sentences")
    optimizer = optimizer_of(s.optimizer, [*model.parameters(), *way.beside], s.weight_decay)
    batches = (every.draw(s.batch, rng) for _ in range(s.steps))
    rates = cosine_with_warmup(peak=rate, warmup=s.warmup, total=s.steps)
    return fit(way.loss_of, batches, optimizer, schedule=rates, gradients=way.gradients)


def train(
    model: TwoTasks, way: Way, every: Listed, settings: JointTraining, *, rate: float, seed: int
) -> None:
    """All steps of ``training``."""
    for _ in training(model, way, every, settings, rate=rate, seed=seed):
        pass
