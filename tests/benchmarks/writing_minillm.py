"""Writing with this project: a text read token by token, with a cache or without one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.models import Gpt, GptConfig
from minillm.models.decoding import CachedReader, LeanReader, RecomputingReader
from tests.benchmarks import problem
from tests.benchmarks.sizes import Size

READERS = {"lean": LeanReader, "cached": CachedReader, "recomputing": RecomputingReader}


def prepared(size: dict[str, int], reader: str) -> Callable[[], float]:
    """A function that reads every token by itself and gives the mean of the largest logits."""
    size = Size(**size)
    config = GptConfig(
        size.vocabulary,
        width=size.width,
        n_layers=size.n_layers,
        n_heads=size.n_heads,
        max_length=size.length,
        tied=False,
    )
    model = Gpt(config, rng=np.random.default_rng(0))
    weights = problem.weights(size)
    del weights["head.bias"]  # zeros, which our head does without
    model.load_state_dict(weights)
    asked = READERS[reader](model.eval())
    ids, _ = problem.batch(size)
    mask = np.ones((size.batch, 1), dtype=bool)

    def step() -> float:
        largest = [asked.start(ids[:, :1], mask).max(axis=-1)]
        largest += [asked.step(ids[:, t]).max(axis=-1) for t in range(1, size.length)]
        return float(np.mean(largest))

    return step
