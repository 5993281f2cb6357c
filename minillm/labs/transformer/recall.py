"""Which letter stood k places back?  Attention, a mean and a recurrent net of one size.

A text is 48 independent letters of an alphabet of 8.  At each of its last 16 places a model
names the letter that stood k places before.  One model is trained for each distance k.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.labs.study import Study
from minillm.labs.transformer.training import learn, share_right
from minillm.nn import Linear, Module, MultiHeadAttention, SinusoidalPositions, causal_mask
from minillm.ops import embedding, stack, tanh

ALPHABET, LENGTH, ASKED = 8, 48, 16  # the last ASKED places are asked
WIDTH, HEADS, STATE = 32, 2, 50
DISTANCES = 1, 2, 4, 8, 16, 32
STEPS, BATCH, TESTED = 300, 32, 200
# of 0.003 and 0.01 the better one for each, tried on seed 100, which the study does not use
RATES = {"attention": 1e-2, "mean": 1e-2, "recurrent": 3e-3}


class Reader(Module):
    """Letters to vectors, a memory of what came before, scores of the next letter; float64.

    Shapes: ``ids (B, T) -> (B, ASKED, ALPHABET)``.
    """

    def __init__(self, memory: Module, width: int, *, rng: np.random.Generator):
        self.letters = Parameter(rng.standard_normal((ALPHABET, WIDTH)))
        self.memory = memory
        self.output = Linear(width, ALPHABET, rng=rng)
        self.to_dtype(np.float64)

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores at the last places."""
        return self.output(self.memory(embedding(self.letters, ids=ids))[:, -ASKED:])


class Attention(Module):
    """Every place attends to itself and to what came before."""

    def __init__(self, *, rng: np.random.Generator):
        self.positions = SinusoidalPositions(LENGTH, WIDTH)
        self.attention = MultiHeadAttention(WIDTH, HEADS, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return self.attention(self.positions(x), mask=causal_mask(x.shape[1]))


class RunningMean(Module):
    """The mean of what came so far, through a layer of ``tanh``: attention with equal weights."""

    def __init__(self, *, rng: np.random.Generator):
        self.positions = SinusoidalPositions(LENGTH, WIDTH)
        self.hidden = Linear(WIDTH, 2 * WIDTH, rng=rng)
        self.back = Linear(2 * WIDTH, WIDTH, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        n = x.shape[1]
        mean = np.tri(n) / np.arange(1, n + 1)[:, None]
        return self.back(tanh(self.hidden(mean @ self.positions(x))))


class Recurrent(Module):
    """One state that is carried from place to place.

        h_t = tanh(x_t Wᵀ + h_{t-1} Uᵀ + b)

    Source: Elman 1990, "Finding Structure in Time".
    """

    def __init__(self, *, rng: np.random.Generator):
        self.inputs = Linear(WIDTH, STATE, rng=rng)
        self.state = Parameter(np.linalg.qr(rng.standard_normal((STATE, STATE)))[0])

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, STATE)."""
        given = self.inputs(x)
        h = tanh(given[:, 0])
        states = [h]
        for t in range(1, x.shape[1]):
            h = tanh(given[:, t] + h @ self.state)
            states.append(h)
        return stack(*states, axis=1)


KINDS: dict[str, tuple[Callable[..., Module], int]] = {
    "attention": (Attention, WIDTH),
    "mean": (RunningMean, WIDTH),
    "recurrent": (Recurrent, STATE),
}


def asked(number: int, distance: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Texts, and for their last places the letters ``distance`` places before.

    Shapes: ``(number, LENGTH), (number, ASKED)``.
    """
    ids = rng.integers(0, ALPHABET, (number, LENGTH))
    return ids, ids[:, LENGTH - ASKED - distance : LENGTH - distance]


def trained(kind: str, distance: int, seed: int, steps: int = STEPS) -> Reader:
    """A reader of that kind after ``steps`` batches of fresh texts."""
    rng = np.random.default_rng([seed, distance, list(KINDS).index(kind)])
    memory, width = KINDS[kind]
    reader = Reader(memory(rng=rng), width, rng=rng)
    learn(reader, (asked(BATCH, distance, rng) for _ in range(steps)), rate=RATES[kind])
    return reader


def held_out(distance: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """``TESTED`` texts that no training of this seed draws."""
    return asked(TESTED, distance, np.random.default_rng([seed, distance, len(KINDS)]))


def accuracy(reader: Reader, distance: int, seed: int) -> float:
    """Share of the letters asked in the test texts that have the highest score."""
    return share_right(reader, held_out(distance, seed))


def most_frequent(ids: np.ndarray) -> np.ndarray:
    """At each asked place the letter that came most often so far: the best that a bag can do.

    Shapes: ``(N, LENGTH) -> (N, ASKED)``.
    """
    counts = np.cumsum(np.eye(ALPHABET, dtype=np.int64)[ids], axis=1)
    return counts.argmax(axis=-1)[:, -ASKED:]


def measure(seed: int) -> Mapping[str, Any]:
    """Accuracy by distance on texts that training did not draw, for each kind and for counting."""
    found: dict[str, Any] = {kind: [] for kind in (*KINDS, "most_frequent")}
    for distance in DISTANCES:
        for kind in KINDS:
            found[kind].append(accuracy(trained(kind, distance, seed), distance, seed))
        ids, targets = held_out(distance, seed)
        found["most_frequent"].append(float(np.mean(most_frequent(ids) == targets)))
    return found


def cost(length: int, *, repeats: int = 3) -> tuple[int, int, float]:
    """Scores, bytes at the peak, and CPU seconds of attention over ``length`` places in float32.

    The seconds differ between machines and runs; the other two do not.
    """
    rng = np.random.default_rng(length)
    layer = MultiHeadAttention(WIDTH, HEADS, rng=rng)
    x = Tensor(rng.standard_normal((1, length, WIDTH)).astype(np.float32))
    with no_grad():
        scores = layer.weights(x).size
        seconds = []
        for _ in range(repeats):
            start = time.process_time()
            layer(x)
            seconds.append(time.process_time() - start)
        tracemalloc.start()
        layer(x)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return scores, peak, min(seconds)


STUDY = Study(
    name="recall",
    question="How far back can attention, a running mean and a recurrent net of one size look?",
    settings={
        "distances": DISTANCES,
        "alphabet": ALPHABET,
        "length": LENGTH,
        "asked": ASKED,
        "width": WIDTH,
        "heads": HEADS,
        "state": STATE,
        "steps": STEPS,
        "batch": BATCH,
        "rates": RATES,
        "tested": TESTED,
    },
    measure=measure,
    seeds=range(5),
)
