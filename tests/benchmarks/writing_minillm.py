"""Writing a text with this project: the lean reader, its cache, greedy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.models import Gpt, gpt2_style
from minillm.models.decoding import CachedReader, LeanReader, RecomputingReader, generate

READERS = {"lean": LeanReader, "cached": CachedReader, "recomputing": RecomputingReader}


def prepared(size: dict[str, int], weights: dict, reader: str = "lean") -> Callable[[], list[int]]:
    """A function that writes a text as long as the model reads and gives its tokens."""
    model = Gpt(gpt2_style(**size), rng=np.random.default_rng(0))
    model.load_state_dict(weights)
    made = READERS[reader](model)
    n_new = size["max_length"]

    def write() -> list[int]:
        return generate(made, [[1]], n_new)[0][0].tokens

    return write
