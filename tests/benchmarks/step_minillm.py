"""The step with this project."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm import ops
from minillm.autograd import Tensor, gradients_of
from minillm.nn import Embedding, LayerNorm, LearnedPositions, Linear, Module, PreNormEncoderBlock
from minillm.optim import AdamW
from tests.benchmarks import problem
from tests.benchmarks.sizes import ADAMW, DECAY, Size


class LanguageModel(Module):
    """A decoder-only language model."""

    def __init__(self, size: Size, gelu: Callable[[Tensor], Tensor]):
        rng = np.random.default_rng(0)
        self.tokens = Embedding(size.vocabulary, size.width, rng=rng)
        self.positions = LearnedPositions(size.length, size.width, rng=rng)
        self.blocks = [
            PreNormEncoderBlock(size.width, size.n_heads, size.hidden, rng=rng)
            for _ in range(size.n_layers)
        ]
        for block in self.blocks:
            block.feed_forward.activation = gelu
        self.norm = LayerNorm(size.width)
        self.head = Linear(size.width, size.vocabulary, rng=rng)

    def loss(self, ids: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> Tensor:
        """Mean cross-entropy of the next token."""
        x = self.positions(self.tokens(ids))
        for block in self.blocks:
            x = block(x, mask=mask)
        return ops.cross_entropy(self.head(self.norm(x)), targets=targets)


def prepared(size: Size, gelu: Callable[[Tensor], Tensor] = ops.gelu) -> Callable[[], float]:
    """A function that makes one training step and gives the loss before it."""
    model = LanguageModel(size, gelu)
    model.load_state_dict(problem.weights(size))
    optimizer = AdamW(model.parameters(), **ADAMW, weight_decay=DECAY)
    ids, targets = problem.batch(size)
    mask = problem.causal(size)

    def step() -> float:
        loss = model.loss(ids, targets, mask)
        optimizer.step(gradients_of(loss, optimizer.parameters))
        return loss.item()

    return step
