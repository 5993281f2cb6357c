"""A task that only the order of the words can solve, with and without positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import stream
from minillm.labs.learners import AdamSettings, floating, learn_classes, share_right
from minillm.labs.study import Study
from minillm.labs.worlds.orders import texts, twins
from minillm.nn import LearnedPositions, Linear, Module, MultiHeadAttention, SinusoidalPositions
from minillm.ops import embedding


@dataclass(frozen=True)
class Settings:
    """The words, the reader, its training, and how many texts test it, each beside its twin."""

    words: int = 12
    kinds: tuple[str, ...] = ("none", "sinusoidal", "learned")
    width: int = 32
    n_heads: int = 2
    dtype: str = "float64"
    batch: int = 64
    adam: AdamSettings = AdamSettings(rate=3e-3, steps=300)
    tested: int = 1000


class OrderReader(Module):
    """One layer of attention, the mean over the places, two scores::

        z = mean_t(MHA(E[x] + P)_t) Wᵀ + b

    Shapes: ``ids (B, T) -> (B, 2)``.

    Raises:
        ValueError: ``kind`` is not "none", "sinusoidal" or "learned".
    """

    def __init__(self, settings: Settings, kind: str, *, rng: np.random.Generator):
        words, width = settings.words, settings.width
        if kind not in ("none", "sinusoidal", "learned"):
            raise ValueError(f"kind must be one of none, sinusoidal, learned, got {kind!r}")
        self.words = Parameter(rng.standard_normal((words, width)))
        self.positions: Module | None = None
        if kind == "sinusoidal":
            self.positions = SinusoidalPositions(words, width)
        elif kind == "learned":
            self.positions = LearnedPositions(words, width, rng=rng)
        self.attention = MultiHeadAttention(width, settings.n_heads, rng=rng)
        self.output = Linear(width, 2, rng=rng)
        self.to_dtype(floating(settings.dtype))

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores of both classes."""
        x = embedding(self.words, ids=ids)  # (B, T, D)
        if self.positions is not None:
            x = self.positions(x)
        return self.output(self.attention(x).mean(axis=1))  # (B, 2)


def trained(settings: Settings, kind: str, seed: int) -> OrderReader:
    """A reader after its training on fresh texts, the same for every kind."""
    reader = OrderReader(settings, kind, rng=stream(seed, f"reader, positions {kind}"))
    rng = stream(seed, "training texts")
    learn_classes(reader, lambda: texts(settings.batch, settings.words, rng), settings.adam)
    return reader


def order_accuracy(settings: Settings, reader: OrderReader, seed: int) -> float:
    """Share of right classes among texts that training did not draw, and their twins."""
    return share_right(reader, twins(settings.tested, settings.words, stream(seed, "test texts")))


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """Accuracy for each kind of positions.

    Guide: 3.1 (G13).
    """
    return {
        kind: order_accuracy(settings, trained(settings, kind, seed), seed)
        for kind in settings.kinds
    }


STUDY = Study(
    name="positions",
    question="Can one layer of attention tell the order of two words, with and without positions?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
)
