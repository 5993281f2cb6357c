"""Positions as angles: queries and keys are turned by how far along they stand.

Letters: B batch, H heads, T queries, S keys, K head width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import moved_like
from minillm.nn.attention import MultiHeadAttention
from minillm.nn.module import Module
from minillm.nn.positions import checked_length, sinusoids
from minillm.ops import stack


class RotaryPositions(Module):
    """Turns each pair of neighbouring features by an angle that grows with the position.

        a = t / 10000^(2i/K)
        y[t, 2i] = x[t, 2i] cos a - x[t, 2i+1] sin a
        y[t, 2i+1] = x[t, 2i] sin a + x[t, 2i+1] cos a

    Shapes: ``x (..., T, K) -> (..., T, K)`` for ``start + T <= length`` and even ``K``.

    Turning q by a and k by b changes their product as turning one of them by a - b would: the
    scores know the distance and nothing else.  ``start`` is the position of the first row.

    Raises:
        ValueError: ``width`` is odd, a size below 1, or positions beyond ``length``.
    Source: Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding",
        eq. 15 and 34.
    """

    def __init__(self, length: int, width: int):
        if length < 1 or width < 2 or width % 2:
            raise ValueError(
                "RotaryPositions: length must be at least 1 and width even, got "
                f"{length} and {width}"
            )
        table = sinusoids(length, width)
        self.sine, self.cosine = table[:, 0::2], table[:, 1::2]  # (length, K/2)

    def forward(self, x: Tensor, *, start: int = 0) -> Tensor:
        """``x`` with row t turned by the angles of position ``start + t``."""
        if start < 0 or x.shape[-1] != 2 * self.sine.shape[1]:
            raise ValueError(
                f"RotaryPositions: needs start >= 0 and x (..., T, {2 * self.sine.shape[1]}), "
                f"got {start} and {x.shape}"
            )
        rows = slice(start, start + checked_length(x, len(self.sine) - start))
        sine = moved_like(self.sine[rows].astype(x.dtype), x.data)
        cosine = moved_like(self.cosine[rows].astype(x.dtype), x.data)
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = even * cosine - odd * sine, even * sine + odd * cosine  # each (..., T, K/2)
        return stack(*turned, axis=-1).reshape(*x.shape)


class RotaryAttention(MultiHeadAttention):
    """``MultiHeadAttention`` between queries and keys that have been turned to their positions.

        head_i = attention(R x Wq_i, R m Wk_i, m Wv_i)         R turns row t by t's angles

    Shapes: as ``MultiHeadAttention``, for at most ``length`` positions.

    The values stay as they are: where a word stands decides who looks at it, not what it says.
    No position is added to the stream, so that a block becomes rotary by its attention alone:
    ``block.attention = RotaryAttention(width, n_heads, length, rng=rng)``.

    Raises:
        ValueError: ``n_heads`` does not divide ``width`` into even heads; see ``RotaryPositions``.
    Source: Su et al. 2021, "RoFormer", section 3.2.2.
    """

    def __init__(
        self,
        width: int,
        n_heads: int,
        length: int,
        *,
        rng: np.random.Generator,
        dropout: float = 0.0,
    ):
        super().__init__(width, n_heads, rng=rng, dropout=dropout)
        self.positions = RotaryPositions(length, width // n_heads)

    def queries_and_keys(self, x: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        """Both turned to their positions: (B, H, T, K) and (B, H, S, K)."""
        q, k = super().queries_and_keys(x, source)
        return self.positions(q), self.positions(k)
