"""Inference with this project: nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.nn import EncoderBlock
from tests.benchmarks import problem
from tests.benchmarks.sizes import Size


def prepared(size: dict[str, int]) -> Callable[[], float]:
    """A function that runs the blocks and gives the mean size of the first positions' numbers."""
    size = Size(**size)
    weights = problem.weights(size)
    rng = np.random.default_rng(0)
    blocks = []
    for i in range(size.n_layers):
        block = EncoderBlock(size.width, size.n_heads, size.hidden, rng=rng)
        start = f"blocks.{i}."
        own = {n.removeprefix(start): w for n, w in weights.items() if n.startswith(start)}
        block.load_state_dict(own)
        block.eval()
        blocks.append(block)
    x, words = problem.sentences(size)
    mask = words[:, None, None, :]

    @no_grad()
    def step() -> float:
        y = Tensor(x)
        for block in blocks:
            y = block(y, mask=mask)
        return float(abs(y.data[:, 0]).mean())

    return step
