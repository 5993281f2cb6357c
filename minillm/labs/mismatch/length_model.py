"""What the lab of lengths trains: a small decoder whose positions are one of five kinds.

Letters: B texts, T positions, D model width, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.autograd import Tensor
from minillm.nn import (
    AlibiBias,
    Dropout,
    Embedding,
    FeedForward,
    LayerNorm,
    LearnedPositions,
    Linear,
    Module,
    MultiHeadAttention,
    PreNormBlock,
    RotaryPositions,
    SinusoidalPositions,
    normal,
)

POSITIONS = ["learned", "sinusoidal", "rotary", "ALiBi", "none"]


@dataclass(frozen=True)
class Sizes:
    """A small decoder; words and learned places start with deviation ``std``.

    Its tables have ``longest`` places; without ``attention`` no position sees another one.
    """

    width: int = 32
    n_layers: int = 1
    n_heads: int = 4
    hidden: int = 128
    std: float = 0.3
    dropout: float = 0.0
    longest: int = 64
    positions: str = "learned"
    attention: bool = True


class Decoder(Module):
    """Reads a text from left to right and answers at its last position, (B, T) -> (B, C)::

        x = E[ids] + P,   x = block(x),   logits = LN(x_T) Wᵀ + b

    P is left out where positions are "rotary", "ALiBi" or "none": the first two act in the
    attention.  Id 0 is padding, on the left; the first real word stands at place 0.

    Raises:
        ValueError: ``positions`` is none of ``POSITIONS``.
    Source: Vaswani et al. 2017, arXiv:1706.03762 (sinusoidal); Su et al. 2021, arXiv:2104.09864
        (rotary); Press, Smith & Lewis 2022, arXiv:2108.12409 (ALiBi); Kazemnejad et al. 2023,
        arXiv:2305.19466 (none).
    """

    def __init__(self, n_words: int, sizes: Sizes, *, n_classes: int, rng: np.random.Generator):
        s = self.sizes = sizes
        if s.positions not in POSITIONS:
            raise ValueError(
                f"Decoder: positions must be one of {', '.join(POSITIONS)}, got {s.positions!r}"
            )
        self.tokens = Embedding(n_words, s.width, rng=rng)
        self.tokens.weight.data = normal(self.tokens.weight.shape, std=s.std, rng=rng)
        self.places: LearnedPositions | SinusoidalPositions | None = None
        if s.positions == "learned":
            self.places = LearnedPositions(s.longest, s.width, rng=rng)
            self.places.weight.data = normal(self.places.weight.shape, std=s.std, rng=rng)
        elif s.positions == "sinusoidal":
            self.places = SinusoidalPositions(s.longest, s.width)
        self.blocks = [self.block(rng) for _ in range(s.n_layers)]
        self.norm = LayerNorm(s.width)
        self.output = Linear(s.width, n_classes, rng=rng)

    def block(self, rng: np.random.Generator) -> PreNormBlock:
        """One layer, with the positions that act in its attention."""
        s = self.sizes
        head_width = s.width // s.n_heads
        return PreNormBlock(
            attention=MultiHeadAttention(
                s.width,
                s.n_heads,
                rng=rng,
                dropout=s.dropout,
                causal=True,
                rotary=RotaryPositions(s.longest, head_width) if s.positions == "rotary" else None,
                position_bias=AlibiBias(s.n_heads) if s.positions == "ALiBi" else None,
            ),
            feed_forward=FeedForward(s.width, s.hidden, rng=rng),
            norm=lambda: LayerNorm(s.width),
            dropout=Dropout(s.dropout, rng=rng),
        )

    def embed(self, ids: np.ndarray, places: np.ndarray | None) -> Tensor:
        """Words and their places, (B, T) -> (B, T, D)."""
        x = self.tokens(ids)
        if self.places is None:
            return x
        if places is not None:
            return x + self.looked_up(places)
        return self.places(x, start=-(ids == 0).sum(axis=1))

    def looked_up(self, places: np.ndarray) -> Tensor:
        """The learned vectors of places, (B, T) -> (B, T, D).

        Raises:
            ValueError: the places of this decoder are not learned.
        """
        if not isinstance(self.places, LearnedPositions):
            raise ValueError(
                f"Decoder: places can be given where they are learned, not {self.sizes.positions}"
            )
        return self.places.looked_up(places)

    def forward(self, ids: np.ndarray, places: np.ndarray | None = None) -> Tensor:
        """The scores of the classes; ``places (B, T)`` stand for those that are counted.

        The last block is computed for the last position alone: no other one of it is read.
        """
        x = self.embed(ids, places)
        mask = (ids != 0)[:, None, None, :]
        *others, last = self.blocks
        for block in others:
            x = block(x, mask=mask) if self.sizes.attention else thought(block, x)
        asked = x[:, -1:]
        if self.sizes.attention:
            normalised = last.attention_norm(x)
            seen = last.attention(normalised[:, -1:], normalised, mask=mask)
            asked = asked + last.dropped(seen)
        return self.output(self.norm(thought(last, asked)[:, 0]))


def thought(block: PreNormBlock, x: Tensor) -> Tensor:
    """``x + drop(FFN(N(x)))``: the half of a block in which no position sees another one."""
    return x + block.dropped(block.feed_forward(block.feed_forward_norm(x)))
