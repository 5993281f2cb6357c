"""One layer of a Transformer decoder, in the two usual orders.

Letters: B batch, T positions of the target, S positions of the source, D model width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, moved_like
from minillm.nn.attention import MultiHeadAttention
from minillm.nn.dropout import Dropout
from minillm.nn.feed_forward import FeedForward
from minillm.nn.layer_normalization import LayerNorm
from minillm.nn.masks import causal_mask
from minillm.nn.module import Module


class DecoderBlock(Module):
    """Look back at the target, then at the source, then think: each added and normalised.

        u = LN(x + drop(MHA(x, causal)))      what has been written so far
        y = LN(u + drop(MHA(u, memory)))      what the encoder has read
        z = LN(y + drop(FFN(y)))

    Shapes: ``x (B, T, D), memory (B, S, D) -> (B, T, D)``; ``mask`` (of the target's padding)
    broadcasts to ``(B, H, T, T)``, ``memory_mask`` (of the source's) to ``(B, H, T, S)``.

    The causal mask is always there, and ``mask`` can only narrow it: a decoder that sees the
    word it has to predict trains to a loss near 0 and writes nonsense.  A model without a
    source, such as GPT, needs no decoder block but an encoder block under ``causal_mask``.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.1.
    """

    def __init__(
        self,
        width: int,
        n_heads: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        dropout: float = 0.0,
    ):
        self.attention = MultiHeadAttention(width, n_heads, rng=rng, dropout=dropout)
        self.attention_norm = LayerNorm(width)
        self.cross_attention = MultiHeadAttention(width, n_heads, rng=rng, dropout=dropout)
        self.cross_attention_norm = LayerNorm(width)
        self.feed_forward = FeedForward(width, hidden, rng=rng)
        self.feed_forward_norm = LayerNorm(width)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        *,
        mask: Array | None = None,
        memory_mask: Array | None = None,
    ) -> Tensor:
        """Self-attention, cross-attention, feed-forward; a normalization after each addition."""
        seen = self.attention(x, mask=looking_back(x, mask))
        u = self.attention_norm(x + self.dropout(seen))
        read = self.cross_attention(u, memory, mask=memory_mask)
        y = self.cross_attention_norm(u + self.dropout(read))
        return self.feed_forward_norm(y + self.dropout(self.feed_forward(y)))


class PreNormDecoderBlock(DecoderBlock):
    """The same parts, normalised *before* each sub-layer: the sum is never rescaled.

        u = x + drop(MHA(LN(x), causal))
        y = u + drop(MHA(LN(u), memory))
        z = y + drop(FFN(LN(y)))

    Shapes: as ``DecoderBlock``.  The memory comes normalised from the encoder's end; a stack of
    these needs one more LayerNorm at its own.

    Source: Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture".
    """

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        *,
        mask: Array | None = None,
        memory_mask: Array | None = None,
    ) -> Tensor:
        """Self-attention, cross-attention, feed-forward; a normalization before each."""
        u = x + self.dropout(self.attention(self.attention_norm(x), mask=looking_back(x, mask)))
        read = self.cross_attention(self.cross_attention_norm(u), memory, mask=memory_mask)
        y = u + self.dropout(read)
        return y + self.dropout(self.feed_forward(self.feed_forward_norm(y)))


def looking_back(x: Tensor, mask: Array | None) -> Array:
    """The causal mask for ``x (B, T, D)``, in its library, narrowed by ``mask`` if there is one.

    Raises:
        TypeError: ``mask`` is not boolean.
    """
    causal = moved_like(causal_mask(x.shape[-2]), x.data)
    if mask is None:
        return causal
    if mask.dtype.kind != "b":
        raise TypeError(f"attention: mask must be boolean, True = may attend, got {mask.dtype}")
    return causal & mask
