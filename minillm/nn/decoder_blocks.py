"""The decoder's layer of the first Transformer, in the two usual orders.

Letters: T positions of the target, S positions of the source, D model width.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.autograd import Tensor
from minillm.nn.attention import MultiHeadAttention
from minillm.nn.blocks import PostNormBlock, PreNormBlock
from minillm.nn.dropout import Dropout
from minillm.nn.feed_forward import FeedForward
from minillm.nn.layer_normalization import LayerNorm
from minillm.ops import gelu


class DecoderBlock(PostNormBlock):
    """Look back at the target, then at the source, then think: each added and normalised::

        u = LN(x + drop(MHA(x, causal)))      what has been written so far
        y = LN(u + drop(MHA(u, memory)))      what the encoder has read
        z = LN(y + drop(FFN(y)))

    Shapes: ``x (..., T, D), memory (..., S, D) -> (..., T, D)``; ``mask`` hides positions of the
    target and ``memory_mask`` those of the source, as in ``MultiHeadAttention``.

    The causal mask is always there, and ``mask`` can only narrow it: a decoder that sees the
    word it has to predict trains to a loss near 0 and writes nonsense.  A model without a
    source, such as GPT, is made of ``PreNormBlock`` without cross-attention.

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
        eps: float = 1e-5,
        activation: Callable[[Tensor], Tensor] = gelu,
    ):
        super().__init__(
            attention=MultiHeadAttention(width, n_heads, rng=rng, dropout=dropout, causal=True),
            cross_attention=MultiHeadAttention(width, n_heads, rng=rng, dropout=dropout),
            feed_forward=FeedForward(width, hidden, rng=rng, activation=activation),
            norm=lambda: LayerNorm(width, eps=eps),
            dropout=Dropout(dropout, rng=rng),
        )


class PreNormDecoderBlock(PreNormBlock):
    """The same parts, normalised *before* each sub-layer: the sum is never rescaled::

        u = x + drop(MHA(LN(x), causal))
        y = u + drop(MHA(LN(u), memory))
        z = y + drop(FFN(LN(y)))

    Shapes: as ``DecoderBlock``.  The memory comes normalised from the encoder's end; a stack of
    these needs one more LayerNorm at its own.

    Source: Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture".
    """

    def __init__(
        self,
        width: int,
        n_heads: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        dropout: float = 0.0,
        eps: float = 1e-5,
        activation: Callable[[Tensor], Tensor] = gelu,
    ):
        super().__init__(
            attention=MultiHeadAttention(width, n_heads, rng=rng, dropout=dropout, causal=True),
            cross_attention=MultiHeadAttention(width, n_heads, rng=rng, dropout=dropout),
            feed_forward=FeedForward(width, hidden, rng=rng, activation=activation),
            norm=lambda: LayerNorm(width, eps=eps),
            dropout=Dropout(dropout, rng=rng),
        )
