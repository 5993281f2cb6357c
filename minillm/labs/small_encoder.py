"""What several labs train: a small encoder that puts texts of one length into classes.

Letters: B texts, T positions, D model width, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.transformer.stacks import Way, no_residual
from minillm.nn import Dropout, Embedding, EncoderBlock, LearnedPositions, Linear, Module, normal
from minillm.ops import cross_entropy, softmax
from minillm.optim import AdamW, decay_groups
from minillm.training import Step, evaluating, fit


def whole(block: EncoderBlock, x: Tensor) -> Tensor:
    """The block as it is."""
    return block(x)


def without_attention(block: EncoderBlock, x: Tensor) -> Tensor:
    """``LN(x + FFN(x))``: no position sees another one."""
    return block.feed_forward_norm(x + block.feed_forward(x))


WAYS: dict[str, Way] = {
    "whole": whole,
    "without attention": without_attention,
    "without residuals": no_residual,
}


@dataclass(frozen=True)
class Encoder:
    """A small encoder; its words and places start with deviation ``std``."""

    width: int = 32
    n_layers: int = 1
    n_heads: int = 4
    hidden: int = 64
    std: float = 0.3
    dropout: float = 0.0
    way: str = "whole"


@dataclass(frozen=True)
class Learning:
    """Batches for AdamW at one rate, so that a shorter training is the beginning of a longer one.

    Each word is left out of a batch with the probability ``word_dropout``.
    """

    steps: int = 400
    batch: int = 32
    rate: float = 2e-3
    weight_decay: float = 0.0
    smoothing: float = 0.0
    word_dropout: float = 0.0
    max_norm: float = 1.0


class SmallEncoder(Module):
    """Reads a text and gives the score of each class, (B, T) -> (B, C).

    ``x = E[ids] + P``, encoder blocks, the mean over all positions, a linear layer.  The ids are
    those of ``n_words`` words; the one behind them stands for a word that was left out.
    """

    def __init__(
        self,
        n_words: int,
        length: int,
        sizes: Encoder,
        *,
        n_classes: int,
        rng: np.random.Generator,
    ):
        s = self.sizes = sizes
        self.left_out = n_words
        self.tokens = Embedding(n_words + 1, s.width, rng=rng)
        self.positions = LearnedPositions(length, s.width, rng=rng)
        for table in (self.tokens.weight, self.positions.weight):
            table.data = normal(table.shape, std=s.std, rng=rng)
        self.blocks = [
            EncoderBlock(s.width, s.n_heads, s.hidden, rng=rng, dropout=s.dropout)
            for _ in range(s.n_layers)
        ]
        self.dropout = Dropout(s.dropout, rng=rng)
        self.output = Linear(s.width, n_classes, rng=rng)

    def states(self, ids: np.ndarray) -> Tensor:
        """What the blocks make of each position, (B, T) -> (B, T, D)."""
        x = self.positions(self.tokens(ids))
        for block in self.blocks:
            x = WAYS[self.sizes.way](block, x)
        return x

    def features(self, ids: np.ndarray) -> Tensor:
        """What the output layer sees, (B, T) -> (B, D)."""
        return self.dropout(self.states(ids).mean(axis=1))

    def word_scores(self, ids: np.ndarray) -> Tensor:
        """How well each word would stand at each position, (B, T) -> (B, T, V): ``h Eᵀ``."""
        return self.states(ids) @ self.tokens.weight.transpose(1, 0)

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores of the classes."""
        return self.output(self.features(ids))


def learning(
    model: Module, loss_of: Callable[[Any], Tensor], batches: Iterable[Any], s: Learning
) -> Iterator[Step]:
    """The steps of a training, one by one, each on one of the batches."""
    optimizer = AdamW(decay_groups(model), lr=s.rate, weight_decay=s.weight_decay)
    return fit(loss_of, batches, optimizer, max_norm=s.max_norm, allow_unused=True)


def with_holes(ids: np.ndarray, left_out: int, rate: float, rng: np.random.Generator) -> np.ndarray:
    """The texts with each word replaced by ``left_out`` with a probability, (B, T)."""
    return np.where(rng.random(ids.shape) < rate, left_out, ids)


def scores(model: Module, ids: np.ndarray) -> np.ndarray:
    """The score of every class, (B, T) -> (B, C) in float64."""
    with evaluating(model):
        found: np.ndarray = model(ids).data.astype(np.float64)
    return found


def probabilities(model: Module, ids: np.ndarray) -> np.ndarray:
    """What the model says of each text, (B, T) -> (B, C) in float64."""
    found, _ = softmax.rule(scores(model, ids), axis=1)
    return found


def losses(model: Module, ids: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """-ln p of each text's label, (B,)."""
    nats, _ = cross_entropy.rule(scores(model, ids), targets=labels, reduction="none")
    found: np.ndarray = nats
    return found
