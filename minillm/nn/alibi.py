"""Positions as a penalty: the farther away a key is, the less it counts.

Letters: B batch, H heads, T queries, S keys, K head width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import Array, moved_like
from minillm.nn.attention import MultiHeadAttention
from minillm.ops import scaled_dot_product_attention
from minillm.ops.attention import probabilities


def alibi_slopes(n_heads: int) -> np.ndarray:
    """How steeply each head forgets: m_h = 2^(-8h/H) for h = 1..H.

        alibi_slopes(4)  ->  [1/4, 1/16, 1/64, 1/256]

    Shapes: ``(H,)``, float64.  The first head sees its neighbours, the last nearly all alike.

    Raises:
        ValueError: ``n_heads`` is below 1.
    Source: Press, Smith & Lewis 2022, "Train Short, Test Long: Attention with Linear Biases
        Enables Input Length Extrapolation", section 3.
    """
    if n_heads < 1:
        raise ValueError(f"alibi_slopes: n_heads must be at least 1, got {n_heads}")
    return 2.0 ** (-8.0 * np.arange(1, n_heads + 1) / n_heads)


def alibi_bias(n_heads: int, queries: int, keys: int) -> np.ndarray:
    """What each score loses by distance: ``b[h, i, j] = -m_h |i - j|``.

    Shapes: ``(H, T, S)``, float64.  The queries are the last T of the S positions.

    Raises:
        ValueError: more queries than keys, or no head.
    Source: Press, Smith & Lewis 2022, section 3; under a causal mask only j <= i counts, and
        |i - j| is their i - j.
    """
    if queries > keys:
        raise ValueError(f"alibi_bias: {queries} queries are not the last of {keys} positions")
    distance = np.abs(np.arange(keys - queries, keys)[:, None] - np.arange(keys))
    return -alibi_slopes(n_heads)[:, None, None] * distance


class AlibiAttention(MultiHeadAttention):
    """``MultiHeadAttention`` whose scores fall off with the distance, in each head at its own rate.

        head_h = softmax(q kᵀ / √K - m_h |i - j|) v

    Shapes: as ``MultiHeadAttention``; the queries are the last T of the S keys' positions.

    There is no table to run out of: trained on short texts, it reads longer ones as if their
    far ends were a little farther.  A block takes it as ``block.attention = AlibiAttention(...)``.

    Source: Press, Smith & Lewis 2022, "Train Short, Test Long", section 3.
    """

    def attend(
        self, q: Tensor, k: Tensor, v: Tensor, *, mask: Array | None, keep: Array | None
    ) -> Tensor:
        """Every head by itself, its slope taken off: (B, H, T, K)."""
        bias = self.bias(q, k)
        return scaled_dot_product_attention(q, k, v, bias, mask=mask, keep=keep)

    def weights(
        self, x: Tensor, memory: Tensor | None = None, *, mask: Array | None = None
    ) -> Array:
        """The attention weights (B, H, T, S), for looking at; nothing is recorded or dropped."""
        with no_grad():
            q, k = self.queries_and_keys(x, x if memory is None else memory)
            return probabilities(q.data, k.data, self.bias(q, k), mask=mask)

    def bias(self, q: Tensor, k: Tensor) -> Array:
        """``alibi_bias`` in the library and dtype of the queries."""
        bias = alibi_bias(self.n_heads, q.shape[-2], k.shape[-2])
        return moved_like(bias.astype(q.dtype), q.data)
