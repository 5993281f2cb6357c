"""Which letter stood k places back?  Attention, a mean and a recurrent net of one size.

At each of the last places of a text a model names the letter that stood k places before.  One
model is trained for each distance k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import stream
from minillm.labs.learners import AdamSettings, Batch, floating, learn_classes, share_right
from minillm.labs.study import Study
from minillm.labs.worlds.letters import Letters, draw, most_frequent
from minillm.nn import Linear, Module, MultiHeadAttention, SinusoidalPositions, causal_mask
from minillm.ops import embedding, stack, tanh
from minillm.tasks import accuracy


@dataclass(frozen=True)
class Trainings:
    """How each kind of reader learns.

    Of the rates 0.003 and 0.01 the better one for each, tried on seed 100, which the study does
    not use.
    """

    attention: AdamSettings = AdamSettings(rate=1e-2, steps=300)
    mean: AdamSettings = AdamSettings(rate=1e-2, steps=300)
    recurrent: AdamSettings = AdamSettings(rate=3e-3, steps=300)


@dataclass(frozen=True)
class Settings:
    """The letters, how far back is asked, the readers' sizes, their training and test."""

    letters: Letters = Letters()
    distances: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    width: int = 32
    n_heads: int = 2
    hidden: int = 64  # of the running mean
    state: int = 50  # of the recurrent net
    dtype: str = "float64"
    batch: int = 32
    trainings: Trainings = Trainings()
    tested: int = 200


class Attention(Module):
    """Every place attends to itself and to what came before."""

    def __init__(self, settings: Settings, *, rng: np.random.Generator):
        self.width = settings.width  # of what it hands on
        self.positions = SinusoidalPositions(settings.letters.length, settings.width)
        self.attention = MultiHeadAttention(settings.width, settings.n_heads, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return self.attention(self.positions(x), mask=causal_mask(x.shape[1]))


class RunningMean(Module):
    """The mean of what came so far, through a layer of ``tanh``: attention with equal weights."""

    def __init__(self, settings: Settings, *, rng: np.random.Generator):
        self.width = settings.width
        self.positions = SinusoidalPositions(settings.letters.length, settings.width)
        self.hidden = Linear(settings.width, settings.hidden, rng=rng)
        self.back = Linear(settings.hidden, settings.width, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        n = x.shape[1]
        mean = (np.tri(n) / np.arange(1, n + 1)[:, None]).astype(x.dtype)
        return self.back(tanh(self.hidden(mean @ self.positions(x))))


class Recurrent(Module):
    """One state that is carried from place to place::

        h_t = tanh(x_t Wᵀ + h_{t-1} Uᵀ + b)

    Source: Elman 1990, "Finding Structure in Time".
    """

    def __init__(self, settings: Settings, *, rng: np.random.Generator):
        self.width = settings.state
        self.inputs = Linear(settings.width, self.width, rng=rng)
        self.state = Parameter(np.linalg.qr(rng.standard_normal((self.width, self.width)))[0])

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, STATE)."""
        given = self.inputs(x)
        h = tanh(given[:, 0])
        states = [h]
        for t in range(1, x.shape[1]):
            h = tanh(given[:, t] + h @ self.state)
            states.append(h)
        return stack(*states, axis=1)


MEMORIES: dict[str, type[Attention] | type[RunningMean] | type[Recurrent]] = {
    "attention": Attention,
    "mean": RunningMean,
    "recurrent": Recurrent,
}


class Reader(Module):
    """Letters to vectors, a memory of what came before, scores of the letter that is asked.

    Shapes: ``ids (B, T) -> (B, asked, alphabet)``.
    """

    def __init__(self, settings: Settings, kind: str, *, rng: np.random.Generator):
        self.asked, alphabet = settings.letters.asked, settings.letters.alphabet
        self.letters = Parameter(rng.standard_normal((alphabet, settings.width)))
        self.memory = MEMORIES[kind](settings, rng=rng)
        self.output = Linear(self.memory.width, alphabet, rng=rng)
        self.to_dtype(floating(settings.dtype))

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores at the last places."""
        return self.output(self.memory(embedding(self.letters, ids=ids))[:, -self.asked :])


def trained(settings: Settings, kind: str, distance: int, seed: int) -> Reader:
    """A reader of that kind after its training on fresh texts, the same for every kind."""
    reader = Reader(settings, kind, rng=stream(seed, f"{kind} reader", distance))
    rng = stream(seed, "training texts", distance)
    adam: AdamSettings = getattr(settings.trainings, kind)
    learn_classes(reader, lambda: draw(settings.letters, settings.batch, distance, rng), adam)
    return reader


def held_out(settings: Settings, distance: int, seed: int) -> Batch:
    """Texts that no training of this seed draws."""
    return draw(settings.letters, settings.tested, distance, stream(seed, "test texts", distance))


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """Accuracy by distance on texts that training did not draw, for each kind and for counting.

    Guide: 3.1 (G16).
    """
    found: dict[str, Any] = {kind: [] for kind in (*MEMORIES, "most_frequent")}
    for distance in settings.distances:
        ids, targets = held_out(settings, distance, seed)
        for kind in MEMORIES:
            reader = trained(settings, kind, distance, seed)
            found[kind].append(share_right(reader, (ids, targets)))
        counted = most_frequent(settings.letters, ids)
        found["most_frequent"].append(accuracy(counted.ravel(), targets.ravel()))
    return found


STUDY = Study(
    name="recall",
    question="How far back can attention, a running mean and a recurrent net of one size look?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
)
