"""The encoder's layer of the first Transformer and of BERT, in the two usual orders."""

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


class EncoderBlock(PostNormBlock):
    """Attention, then feed-forward, each added to its input; normalised *after* the addition::

        y = LN(x + drop(MHA(x))),   z = LN(y + drop(FFN(y)))

    Shapes: ``x (..., T, D) -> (..., T, D)``; ``mask`` as in ``MultiHeadAttention``.

    Source: Vaswani et al. 2017, "Attention Is All You Need", sections 3.1 and 5.4; this is the
        order of BERT.
    Guide: 3.1, 3.2, 3.3 (G20, G22).
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
            attention=MultiHeadAttention(width, n_heads, rng=rng, dropout=dropout),
            feed_forward=FeedForward(width, hidden, rng=rng, activation=activation),
            norm=lambda: LayerNorm(width, eps=eps),
            dropout=Dropout(dropout, rng=rng),
        )


class PreNormEncoderBlock(PreNormBlock):
    """The same parts, normalised *before* each sub-layer: the sum is never rescaled::

        y = x + drop(MHA(LN(x))),   z = y + drop(FFN(LN(y)))

    Shapes: as ``EncoderBlock``.  A stack of these needs one more LayerNorm at its end.

    Source: Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture".
    Guide: 3.1 (G21).
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
            attention=MultiHeadAttention(width, n_heads, rng=rng, dropout=dropout),
            feed_forward=FeedForward(width, hidden, rng=rng, activation=activation),
            norm=lambda: LayerNorm(width, eps=eps),
            dropout=Dropout(dropout, rng=rng),
        )
