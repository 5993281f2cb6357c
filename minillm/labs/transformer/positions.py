"""A task that only the order of the words can solve, with and without positions.

A text is the same twelve words in a random order; its class says whether word 0 stands before
word 1.  Every text holds every word once: as a bag of words they are all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.labs.study import Study
from minillm.labs.transformer.training import learn, share_right
from minillm.nn import LearnedPositions, Linear, Module, MultiHeadAttention, SinusoidalPositions
from minillm.ops import embedding

WORDS, WIDTH, HEADS = 12, 32, 2
STEPS, BATCH, RATE, TESTED = 300, 64, 3e-3, 1000
KINDS = "none", "sinusoidal", "learned"


class OrderReader(Module):
    """One layer of attention, the mean over the places, two scores; float64.

        z = mean_t(MHA(E[x] + P)_t) Wᵀ + b

    Shapes: ``ids (B, T) -> (B, 2)``.

    Raises:
        ValueError: ``kind`` is not one of ``KINDS``.
    """

    def __init__(self, kind: str, *, rng: np.random.Generator):
        if kind not in KINDS:
            raise ValueError(f"OrderReader: kind must be one of {', '.join(KINDS)}, got {kind!r}")
        self.words = Parameter(rng.standard_normal((WORDS, WIDTH)))
        self.positions: Module | None = None
        if kind == "sinusoidal":
            self.positions = SinusoidalPositions(WORDS, WIDTH)
        elif kind == "learned":
            self.positions = LearnedPositions(WORDS, WIDTH, rng=rng)
        self.attention = MultiHeadAttention(WIDTH, HEADS, rng=rng)
        self.output = Linear(WIDTH, 2, rng=rng)
        self.to_dtype(np.float64)

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores of both classes."""
        x = embedding(self.words, ids=ids)  # (B, T, D)
        if self.positions is not None:
            x = self.positions(x)
        return self.output(self.attention(x).mean(axis=1))  # (B, 2)


def texts(number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Orders of the words, and 1 where word 0 stands before word 1.

    Shapes: ``(number, WORDS), (number,)``.
    """
    places = rng.permuted(np.tile(np.arange(WORDS), (number, 1)), axis=1)  # of each word
    return np.argsort(places, axis=1), (places[:, 0] < places[:, 1]).astype(np.int64)


def twins(number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Texts, and behind them the same with words 0 and 1 exchanged: both classes equally often.

    Shapes: ``(2 number, WORDS), (2 number,)``.
    """
    ids, classes = texts(number, rng)
    exchanged = np.where(ids < 2, 1 - ids, ids)
    return np.concatenate([ids, exchanged]), np.concatenate([classes, 1 - classes])


def accuracy(reader: OrderReader, seed: int) -> float:
    """Share of right classes among ``TESTED`` texts that training did not draw, and their twins."""
    return share_right(reader, twins(TESTED, np.random.default_rng([seed, len(KINDS)])))


def trained(kind: str, seed: int, steps: int = STEPS) -> OrderReader:
    """A reader that saw ``steps`` batches of fresh texts."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    reader = OrderReader(kind, rng=rng)
    learn(reader, (texts(BATCH, rng) for _ in range(steps)), rate=RATE)
    return reader


def measure(seed: int) -> Mapping[str, Any]:
    """Accuracy for each kind of positions."""
    return {kind: accuracy(trained(kind, seed), seed) for kind in KINDS}


STUDY = Study(
    name="positions",
    question="Can one layer of attention tell the order of two words, with and without positions?",
    settings={
        "words": WORDS,
        "width": WIDTH,
        "heads": HEADS,
        "steps": STEPS,
        "batch": BATCH,
        "rate": RATE,
        "tested": 2 * TESTED,
        "chance": 0.5,
    },
    measure=measure,
    seeds=range(5),
)
