"""Can training make up for a ReLU too many, behind the feed-forward network?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.learners import AdamSettings, floating, learn
from minillm.labs.study import Study
from minillm.nn import FeedForward
from minillm.ops import relu


@dataclass(frozen=True)
class Settings:
    """The networks, what they learn from, and how; of the rates the best counts, for each."""

    width: int = 32
    hidden: int = 128
    dtype: str = "float64"
    inputs: int = 200
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2, 3e-2)
    steps: int = 300
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    max_norm: float | None = None  # of the gradient; None: it is not clipped


def bent_twice(network: FeedForward, x: Tensor) -> Tensor:
    """The guide's ``relu(W2 relu(W1 x + b1)) + b2``.

    Guide: 3.1, 4.1.3 (G19).
    """
    inner = network.activation(network.inner(x))
    return relu(inner @ network.outer.weight.T) + network.outer.bias


def new_network(settings: Settings, seed: int, purpose: str) -> FeedForward:
    """A feed-forward network with random weights."""
    rng = stream(seed, purpose)
    network = FeedForward(settings.width, settings.hidden, rng=rng, activation=relu)
    return network.to_dtype(floating(settings.dtype))


def losses(settings: Settings, seed: int) -> list[float]:
    """What the right feed-forward network and the guide's learn of a target, at the best rate.

    The target comes from a right network of the same size and has variance 1.

    Guide: 3.1, 4.1.3 (G19).
    """
    shape = settings.inputs, settings.width
    x = Tensor(stream(seed, "inputs").standard_normal(shape).astype(settings.dtype))
    target = new_network(settings, seed, "teacher")(x).data
    target = target / target.std()
    adam = AdamSettings(
        rate=0.0,
        steps=settings.steps,
        betas=settings.betas,
        eps=settings.eps,
        max_norm=settings.max_norm,
    )

    def loss(network: Callable[[FeedForward, Tensor], Tensor], rate: float) -> float:
        student = new_network(settings, seed, "student")

        def loss_of(_: None) -> Tensor:
            error = network(student, x) - target
            return (error * error).mean()

        learn(student.parameters(), loss_of, lambda: None, replace(adam, rate=rate))
        return float(loss_of(None))

    networks = (FeedForward.forward, bent_twice)
    return [min(loss(network, rate) for rate in settings.rates) for network in networks]


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The loss with one ReLU and with two, (2,)."""
    return {"loss": losses(settings, seed)}


STUDY = Study(
    name="bending",
    question="Does training make up for a second ReLU behind the feed-forward network?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
)
