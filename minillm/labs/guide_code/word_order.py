"""A task that only the order of the words can solve, for the guide's repaired net and for others.

All readers take a mean over the words, learn alike, and have about as many weights.  They differ in
what they average: the words' vectors; word and place, added; these through a dense layer, word by
word; or what attention made of the words, without places and with them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.guide_code.layers import Dense
from minillm.labs.learners import Batch, floating, share_right
from minillm.labs.study import Study
from minillm.labs.worlds.orders import texts, twins
from minillm.nn import Embedding, EncoderBlock, LearnedPositions, Linear, Module
from minillm.ops import cross_entropy
from minillm.optim import AdamW, decay_groups
from minillm.training import fit

# what a reader has before the mean: places, and a layer
KINDS = {
    "mean": (False, ""),  # the guide's repaired net
    "mean_places": (True, ""),
    "dense_places": (True, "dense"),
    "attention": (False, "attention"),
    "attention_places": (True, "attention"),
}


@dataclass(frozen=True)
class Rates:
    """How fast each reader learns.

    Of the two that learn it is the best of 0.001, 0.003, 0.01 and 0.03 on seeds 100 and 101: by the
    accuracy at the end, and of equals by that on the way.  The other three are right half of the
    time at every one of these rates; theirs is 0.003.
    """

    mean: float = 3e-3
    mean_places: float = 3e-3
    dense_places: float = 1e-2
    attention: float = 3e-3
    attention_places: float = 3e-3


@dataclass(frozen=True)
class Settings:
    """The words, the readers' sizes, their training, and how many texts test it, beside twins."""

    words: int = 12
    kinds: tuple[str, ...] = tuple(KINDS)
    width: int = 128
    hidden: int = 128  # of each of two dense layers
    attention_width: int = 52  # which gives it as many weights as the others have
    n_heads: int = 4
    dtype: str = "float32"
    batch: int = 64
    steps: int = 400
    rates: Rates = Rates()
    weight_decay: float = 0.01
    measured_at: tuple[int, ...] = (0, 25, 50, 100, 200, 400)
    tested: int = 1000


class OrderReader(Module):
    """Words to vectors, a mean over the places, dense layers, two scores.

    Shapes: ``ids (B, T) -> (B, 2)``.

    Raises:
        ValueError: ``kind`` is not one of ``KINDS``.
    """

    def __init__(self, settings: Settings, kind: str, *, rng: np.random.Generator):
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        has_places, layer = KINDS[kind]
        attends = layer == "attention"
        width = settings.attention_width if attends else settings.width
        self.words = Embedding(settings.words, width, rng=rng)
        self.places = LearnedPositions(settings.words, width, rng=rng) if has_places else None
        self.layer: Module | None = None
        if attends:
            self.layer = EncoderBlock(width, settings.n_heads, 4 * width, rng=rng)
        elif layer:
            self.layer = Dense(width, settings.hidden, rng=rng)
        n_behind = 0 if attends else 1 if layer else 2
        sizes = [settings.hidden if layer == "dense" else width] + n_behind * [settings.hidden]
        self.behind = [Dense(a, b, rng=rng) for a, b in itertools.pairwise(sizes)]
        self.output = Linear(sizes[-1], 2, rng=rng)
        self.to_dtype(floating(settings.dtype))

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores of both classes."""
        x = self.words(ids)  # (B, T, D)
        x = x if self.places is None else self.places(x)
        x = x if self.layer is None else self.layer(x)
        h = x.mean(axis=1)  # (B, D)
        for dense in self.behind:
            h = dense(h)
        return self.output(h)


def training(settings: Settings, kind: str, seed: int) -> Iterator[tuple[int, OrderReader]]:
    """The number of updates so far and the reader, at random weights and after each update.

    AdamW learns from fresh texts, the same for every kind.
    """
    reader = OrderReader(settings, kind, rng=stream(seed, f"reader of {kind}"))
    rng = stream(seed, "training texts")
    rate: float = getattr(settings.rates, kind)
    steps = fit(
        lambda batch: cross_entropy(reader(batch[0]), targets=batch[1]),
        (texts(settings.batch, settings.words, rng) for _ in range(settings.steps)),
        AdamW(decay_groups(reader), lr=rate, weight_decay=settings.weight_decay),
    )
    yield 0, reader
    for step in steps:
        yield step.index + 1, reader


def held_out(settings: Settings, seed: int) -> Batch:
    """Texts that training did not draw, and their twins."""
    return twins(settings.tested, settings.words, stream(seed, "test texts"))


def accuracies(settings: Settings, kind: str, seed: int) -> list[float]:
    """Share of right classes at each of ``measured_at``."""
    tested = held_out(settings, seed)
    return [
        share_right(reader, tested)
        for step, reader in training(settings, kind, seed)
        if step in settings.measured_at
    ]


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """Of every kind the accuracy at each of the steps, (S,), and how many weights it has.

    Guide: 3.1, 5.2 (G13, G61).
    """
    found = {kind: np.array(accuracies(settings, kind, seed)) for kind in settings.kinds}
    readers = [OrderReader(settings, k, rng=stream(seed, "counted")) for k in settings.kinds]
    return {**found, "weights": np.array([reader.parameter_count() for reader in readers])}


STUDY = Study(
    name="word_order",
    question="Can a mean over the words tell their order, and what must come before it?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
)
