"""Multi-head attention.

Letters: B batch, T queries, S keys, H heads, D model width, K = D / H head width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import Array
from minillm.nn.dropout import Dropout
from minillm.nn.linear import Linear
from minillm.nn.module import Module
from minillm.ops import scaled_dot_product_attention
from minillm.ops.attention import probabilities


class MultiHeadAttention(Module):
    """Each head attends in its own K-dimensional subspace; the results are mixed.

        head_i = attention(x Wq_i, m Wk_i, m Wv_i),   y = [head_1; ...; head_H] Wo

    Shapes: ``x (B, T, D), memory (B, S, D) -> (B, T, D)``; ``mask`` (boolean, True = may
    attend) broadcasts to ``(B, H, T, S)``.  Self-attention when ``memory`` is omitted,
    cross-attention when it is the encoder's output.

    The heads split the *features*, not the sequence: every head sees every position.

    Raises:
        ValueError: ``n_heads`` does not divide ``width``.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2.
    """

    def __init__(self, width: int, n_heads: int, *, rng: np.random.Generator, dropout: float = 0.0):
        if n_heads < 1 or width < 1 or width % n_heads:
            raise ValueError(
                f"MultiHeadAttention: width {width} does not split into {n_heads} equal heads"
            )
        self.n_heads = n_heads
        self.query = Linear(width, width, rng=rng)
        self.key = Linear(width, width, rng=rng)
        self.value = Linear(width, width, rng=rng)
        self.output = Linear(width, width, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(
        self, x: Tensor, memory: Tensor | None = None, *, mask: Array | None = None
    ) -> Tensor:
        """Attend from ``x`` to ``memory`` (or to ``x``)."""
        source = x if memory is None else memory
        q, k = self.queries_and_keys(x, source)
        v = self.split_heads(self.value(source))  # (B, H, S, K)
        keep = self.dropout.keep_factors((*q.shape[:3], k.shape[2]), like=q.data)
        return self.output(self.merge_heads(self.attend(q, k, v, mask=mask, keep=keep)))

    def queries_and_keys(self, x: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        """What is asked, (B, H, T, K), and what answers, (B, H, S, K)."""
        return self.split_heads(self.query(x)), self.split_heads(self.key(source))

    def attend(
        self, q: Tensor, k: Tensor, v: Tensor, *, mask: Array | None, keep: Array | None
    ) -> Tensor:
        """Every head by itself: (B, H, T, K)."""
        return scaled_dot_product_attention(q, k, v, mask=mask, keep=keep)

    def weights(
        self, x: Tensor, memory: Tensor | None = None, *, mask: Array | None = None
    ) -> Array:
        """The attention weights (B, H, T, S), for looking at; nothing is recorded or dropped."""
        with no_grad():
            q, k = self.queries_and_keys(x, x if memory is None else memory)
            return probabilities(q.data, k.data, mask=mask)

    def split_heads(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, H, T, K)."""
        batch, length, width = x.shape
        heads = x.reshape(batch, length, self.n_heads, width // self.n_heads)
        return heads.transpose(0, 2, 1, 3)

    def merge_heads(self, x: Tensor) -> Tensor:
        """(B, H, T, K) -> (B, T, D)."""
        batch, heads, length, head_width = x.shape
        return x.transpose(0, 2, 1, 3).reshape(batch, length, heads * head_width)
