"""Positions as angles: queries and keys are turned by how far along they stand.

Letters: B batch, H heads, T queries, S keys, K head width.
"""

from __future__ import annotations

from minillm.autograd import Tensor
from minillm.backend import moved_like
from minillm.nn.initialization import check_integers
from minillm.nn.module import Module
from minillm.nn.positions import known_rows, sinusoids
from minillm.ops import stack


class RotaryPositions(Module):
    """Turns each pair of neighbouring features by an angle that grows with the position::

        a = t / base^(2i/K)
        y[t, 2i] = x[t, 2i] cos a - x[t, 2i+1] sin a
        y[t, 2i+1] = x[t, 2i] sin a + x[t, 2i+1] cos a

    Shapes: ``x (..., T, K) -> (..., T, K)`` for ``start + T <= length`` and even ``K``.

    Turning q by a and k by b changes their product as turning one of them by a - b would: the
    scores know the distance and nothing else.  ``start`` is the position of the first row.

    ``MultiHeadAttention(..., rotary=RotaryPositions(length, head_width))`` turns queries and keys;
    the values stay as they are: where a word stands decides who looks at it, not what it says.

    Raises:
        ValueError: ``width`` is odd, a size below 1, a ``base`` not above 1, or positions beyond
            ``length``.
    Source: Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding",
        eq. 15 and 34.
    """

    def __init__(self, length: int, width: int, *, base: float = 10_000.0):
        check_integers("RotaryPositions", length=length, width=width)
        if length < 1 or width < 2 or width % 2:
            raise ValueError(
                "RotaryPositions: length must be at least 1 and width even, got "
                f"{length} and {width}"
            )
        table = sinusoids(length, width, base)
        self.sine, self.cosine = table[:, 0::2], table[:, 1::2]  # (length, K/2)

    def forward(self, x: Tensor, *, start: int = 0) -> Tensor:
        """``x`` with row t turned by the angles of position ``start + t``."""
        if x.ndim < 2 or x.shape[-1] != 2 * self.sine.shape[1]:
            raise ValueError(
                f"RotaryPositions: needs x (..., T, {2 * self.sine.shape[1]}), got {x.shape}"
            )
        rows = known_rows(x.shape[-2], start, len(self.sine))
        sine = moved_like(self.sine[rows].astype(x.dtype), x.data)
        cosine = moved_like(self.cosine[rows].astype(x.dtype), x.data)
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = even * cosine - odd * sine, even * sine + odd * cosine  # each (..., T, K/2)
        return stack(*turned, axis=-1).reshape(*x.shape)
