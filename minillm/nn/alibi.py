"""Positions as a penalty: the farther away a key is, the less it counts.

Letters: B batch, H heads, T queries, S keys, K head width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import moved_like
from minillm.nn.initialization import check_integers
from minillm.nn.masks import check_last
from minillm.nn.module import Module


def alibi_slopes(n_heads: int) -> np.ndarray:
    """How steeply each head forgets: m_h = 2^(-8h/H) for h = 1..H::

        alibi_slopes(4)  ->  [1/4, 1/16, 1/64, 1/256]

    Shapes: ``(H,)``, float64.  The first head sees its neighbours, the last nearly all alike.

    Raises:
        ValueError: ``n_heads`` is below 1.
    Source: Press, Smith & Lewis 2022, "Train Short, Test Long: Attention with Linear Biases
        Enables Input Length Extrapolation", section 3.
    """
    check_integers("alibi_slopes", n_heads=n_heads)
    if n_heads < 1:
        raise ValueError(f"alibi_slopes: n_heads must be at least 1, got {n_heads}")
    return 2.0 ** (-8.0 * np.arange(1, n_heads + 1) / n_heads)


def alibi_bias(n_heads: int, queries: int, keys: int) -> np.ndarray:
    """What each score loses by distance: ``b[h, i, j] = -m_h |i - j|``.

    Shapes: ``(H, T, S)``, float64.  The queries are the last T of the S positions.

    Raises:
        ValueError: more queries than keys, or no head.
    Source: Press, Smith & Lewis 2022, section 3; under a causal mask only j <= i counts, and
        ``|i - j|`` is their ``i - j``.
    """
    check_last(queries, keys)
    distance = np.abs(np.arange(keys - queries, keys)[:, None] - np.arange(keys))
    return -alibi_slopes(n_heads)[:, None, None] * distance


class AlibiBias(Module):
    """The position part of an attention whose scores fall off with the distance, head by head::

        head_h = softmax(q kᵀ / √K - m_h |i - j|) v

    Shapes: ``q (..., H, T, K), k (..., H, S, K) -> (H, T, S)``; T queries, the last of S positions.

    There is no table to run out of: trained on short texts, it reads longer ones as if their
    far ends were a little farther.  ``MultiHeadAttention(..., position_bias=AlibiBias(n_heads))``.

    Raises:
        ValueError: ``n_heads`` is below 1; more queries than keys.
    Source: Press, Smith & Lewis 2022, "Train Short, Test Long", section 3.
    """

    def __init__(self, n_heads: int):
        alibi_slopes(n_heads)  # refuses what is not a number of heads
        self.n_heads = n_heads

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        """``alibi_bias`` in the library and dtype of the queries."""
        bias = alibi_bias(self.n_heads, q.shape[-2], k.shape[-2])
        return Tensor(moved_like(bias.astype(q.dtype), q.data))
