"""A small encoder that two tasks share, and what it costs both of them, exactly.

Letters: B sentences, T words, D width, N all sentences of a world.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, stream
from minillm.labs.parts_left_out import AttentionLeftOut, ResidualsLeftOut
from minillm.labs.small_gpt import start_with
from minillm.labs.worlds.listed import Listed, Rated
from minillm.nn import Dropout, Embedding, EncoderBlock, LearnedPositions, Linear, Module
from minillm.ops import binary_cross_entropy_with_logits
from minillm.training.evaluation_mode import evaluating
from minillm.training.objectives import gradients_by_loss, gram_of, shared_places

BLOCKS: dict[str, Callable[..., Module]] = {
    "whole": EncoderBlock,
    "without attention": AttentionLeftOut,
    "without residuals": ResidualsLeftOut,
}


@dataclass(frozen=True)
class Sizes:
    """How large the encoder is, which layer it has, and how many numbers it hands on (neck).

    Vectors of words and positions start with deviation ``std``: with BERT's 0.02 the first norm
    makes their gradients too steep for SGD.
    """

    width: int = 32
    n_heads: int = 2
    hidden: int = 64
    neck: int = 8
    std: float = 0.5
    block: str = "whole"
    dropout: float = 0.0


class TwoTasks(Module):
    """Words and positions, one layer, the mean over the words, a neck, one logit for each head::

        x = E[ids] + P,   m = mean(block(x)),   z = drop(m) W + b,   logit_i = z u_i + c_i

    Shapes: ``ids (B, T) -> heads tensors (B,)``.

    Raises:
        ValueError: no layer of that name.
    """

    def __init__(self, every: Listed, sizes: Sizes, *, heads: int, seed: int):
        if sizes.block not in BLOCKS:
            raise ValueError(f"block must be one of {', '.join(BLOCKS)}, got {sizes.block!r}")
        s, rng = sizes, stream(seed, "two tasks")
        self.tokens = Embedding(len(every.words), s.width, rng=rng)
        self.positions = LearnedPositions(every.ids.shape[1], s.width, rng=rng)
        start_with((self.tokens.weight, self.positions.weight), s.std)
        self.block = BLOCKS[s.block](s.width, s.n_heads, s.hidden, rng=rng, dropout=s.dropout)
        self.dropout = Dropout(s.dropout, rng=rng)
        self.neck = Linear(s.width, s.neck, rng=rng)
        self.heads = [Linear(s.neck, 1, rng=rng) for _ in range(heads)]

    def forward(self, ids: Array) -> list[Tensor]:
        """The log-odds of praise."""
        mean = self.block(self.positions(self.tokens(ids))).mean(axis=1)
        z = self.neck(self.dropout(mean))
        return [head(z)[:, 0] for head in self.heads]

    def losses(self, rated: Rated, chances: np.ndarray | None = None) -> list[Tensor]:
        """Both cross-entropies in nats; a single head answers both tasks.

        With ``chances (B,)``, the expectation over the sentences instead of the mean.
        """
        logits = self(rated.ids)
        both = logits if len(logits) > 1 else logits * 2
        weights = None if chances is None else (chances * len(chances)).astype(np.float32)
        return [
            binary_cross_entropy_with_logits(z, targets=labels, weights=weights)
            for z, labels in zip(both, rated.labels.T, strict=True)
        ]


class Exact(NamedTuple):
    """What a model is worth, as expectations over all sentences of a world."""

    losses: np.ndarray  # (2,) nats
    accuracies: np.ndarray  # (2,)
    praise: np.ndarray  # (N, heads), the probability that each head gives


def exact(model: TwoTasks, every: Listed) -> Exact:
    """Losses and accuracies, without a sample and without dropout."""
    with evaluating(model):
        z = np.stack([logits.data for logits in model(every.ids)], axis=1).astype(np.float64)
    praised = every.labels > 0.5
    losses = np.logaddexp(0, np.where(praised, -z, z))
    right = (z > 0) == praised
    return Exact(every.chances @ losses, every.chances @ right, (1 + np.tanh(z / 2)) / 2)


def exact_gram(model: TwoTasks, every: Listed) -> np.ndarray:
    """The inner products of the gradients of both expected losses, over what the tasks share."""
    losses = model.eval().losses(Rated(every.ids, every.labels), every.chances)
    rows = gradients_by_loss(losses, model.parameters())
    model.train()
    return gram_of(rows, shared_places(rows))
