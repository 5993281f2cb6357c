"""Layers of encoders and whole GPTs that lack one idea of the Transformer, to see its use.

Letters: T positions, S positions seen so far, D model width.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.models.gpt_parts import normalization
from minillm.nn import (
    Dropout,
    EncoderBlock,
    FeedForward,
    KeyValueCache,
    LayerNorm,
    Module,
    MultiHeadAttention,
    PreNormBlock,
)
from minillm.ops import gelu


class AttentionLeftOut(Module):
    """A layer of an encoder without its first sub-layer: ``LN(x + drop(FFN(x)))``.

    Shapes: ``x (..., T, D) -> (..., T, D)``.
    """

    def __init__(
        self, width: int, _: int, hidden: int, *, rng: np.random.Generator, dropout: float = 0.0
    ):
        self.feed_forward = FeedForward(width, hidden, rng=rng, activation=gelu)
        self.norm, self.dropout = LayerNorm(width), Dropout(dropout, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """Every word by itself."""
        return self.norm(x + self.dropout(self.feed_forward(x)))


class ResidualsLeftOut(EncoderBlock):
    """A layer of an encoder that adds no sub-layer to its input::

        y = LN(drop(attention(x))),    z = LN(drop(feed_forward(y)))

    Shapes: ``x (..., T, D) -> (..., T, D)``.
    """

    def forward(self, x: Tensor, *_: Any, **__: Any) -> Tensor:
        """Only what a sub-layer hands on is there afterwards."""
        seen = self.attention_norm(self.dropped(self.attention(x)))
        return self.feed_forward_norm(self.dropped(self.feed_forward(seen)))


class OwnWord(MultiHeadAttention):
    """Attention of which each position sees itself alone: ``y = (x Wv) Wo``, with all weights 1.

    Shapes: ``x (..., T, D) -> (..., T, D)``.
    """

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        mask: Array | None = None,
        start: int = 0,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Whatever ``mask`` hides, no position sees another one."""
        now = x.shape[-2]
        seen = now if cache is None else now + len(cache)
        own = np.eye(now, seen, k=seen - now, dtype=bool)
        return super().forward(x, memory, mask=own, start=start, cache=cache)


class WithoutSums(PreNormBlock):
    """A layer that adds neither of its sub-layers to its input::

        y = drop(attention(N(x))),    z = drop(feed_forward(N(y)))

    Shapes: ``x (..., T, D) -> (..., T, D)``.
    """

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        mask: Array | None = None,
        memory_mask: Array | None = None,
        start: int = 0,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Only what a sub-layer hands on is there behind it."""
        x = self.attention(self.attention_norm(x), mask=mask, start=start, cache=cache)
        return self.dropped(self.feed_forward(self.feed_forward_norm(self.dropped(x))))


class WithoutAttention(Gpt):
    """A GPT of which no position looks at another one: it knows the last word and its place.

    It has all its numbers; only the weights of attention are fixed, at 1 for the word itself.
    """

    def __init__(self, config: GptConfig, *, rng: np.random.Generator):
        super().__init__(config, rng=rng)
        c = config
        for block in self.blocks:
            block.attention = OwnWord(
                c.width, c.n_heads, rng=rng, dropout=c.dropout, bias=c.bias, causal=True
            )
        self.draw_weights(rng)


class WithoutResiduals(Gpt):
    """A GPT whose layers hand on what their sub-layers make, and nothing of what they were given.

    The normalizations stay where they are.
    """

    def __init__(self, config: GptConfig, *, rng: np.random.Generator):
        super().__init__(config, rng=rng)
        self.blocks = [
            WithoutSums(
                attention=block.attention,
                feed_forward=block.feed_forward,
                norm=lambda: normalization(config),
                dropout=block.dropout,
            )
            for block in self.blocks
        ]
