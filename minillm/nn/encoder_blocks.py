"""One layer of a Transformer encoder, in the two usual orders.

Letters: B batch, T positions, D model width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array
from minillm.nn.attention import MultiHeadAttention
from minillm.nn.dropout import Dropout
from minillm.nn.feed_forward import FeedForward
from minillm.nn.layer_normalization import LayerNorm
from minillm.nn.module import Module


class EncoderBlock(Module):
    """Attention, then feed-forward, each added to its input; normalised *after* the addition.

        y = LN(x + drop(MHA(x))),   z = LN(y + drop(FFN(y)))

    Shapes: ``x (B, T, D) -> (B, T, D)``; ``mask`` as in ``MultiHeadAttention``.

    Source: Vaswani et al. 2017, "Attention Is All You Need", sections 3.1 and 5.4; this is the
        order of BERT.
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
        self.feed_forward = FeedForward(width, hidden, rng=rng)
        self.feed_forward_norm = LayerNorm(width)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(self, x: Tensor, *, mask: Array | None = None) -> Tensor:
        """``LN(y + FFN(y))`` with ``y = LN(x + MHA(x))``."""
        y = self.attention_norm(x + self.dropout(self.attention(x, mask=mask)))
        return self.feed_forward_norm(y + self.dropout(self.feed_forward(y)))

    def attention_weights(self, x: Tensor, *, mask: Array | None = None) -> Array:
        """What each position looks at, (B, H, T, T)."""
        return self.attention.weights(x, mask=mask)


class PreNormEncoderBlock(EncoderBlock):
    """The same parts, normalised *before* each sub-layer: the sum is never rescaled.

        y = x + drop(MHA(LN(x))),   z = y + drop(FFN(LN(y)))

    Shapes: as ``EncoderBlock``.  A stack of these needs one more LayerNorm at its end.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section
        2.3; Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture".
    """

    def forward(self, x: Tensor, *, mask: Array | None = None) -> Tensor:
        """``y + FFN(LN(y))`` with ``y = x + MHA(LN(x))``."""
        y = x + self.dropout(self.attention(self.attention_norm(x), mask=mask))
        return y + self.dropout(self.feed_forward(self.feed_forward_norm(y)))

    def attention_weights(self, x: Tensor, *, mask: Array | None = None) -> Array:
        """What each position looks at, (B, H, T, T)."""
        return self.attention.weights(self.attention_norm(x), mask=mask)
