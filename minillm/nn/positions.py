"""Where a token stands: without these, a sentence is a bag of words to attention."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import Array, array_module, is_array, moved_like, on_host
from minillm.nn.initialization import check_integers, normal
from minillm.nn.module import Module
from minillm.ops import embedding


class LearnedPositions(Module):
    """Adds one learned vector per position.

    Shapes: ``x (..., T, width) -> (..., T, width)`` for ``start + T <= length``.

    ``start`` is the position of the first row: a number, or an array with one for each sequence.
    Of a batch padded on the left it is minus the number of padding rows (see ``rows_of``).

    Raises:
        ValueError: a size below 1, or a sequence longer than ``length``.
    Source: Devlin et al. 2019, "BERT", section 3, figure 2.
    Guide: 3.1 (G13).
    """

    def __init__(self, length: int, width: int, *, rng: np.random.Generator):
        check_integers("LearnedPositions", length=length, width=width)
        if length < 1 or width < 1:
            raise ValueError(
                f"LearnedPositions: sizes must be at least 1, got {length} and {width}"
            )
        self.weight = Parameter(normal((length, width), std=0.02, rng=rng))

    def forward(self, x: Tensor, *, start: int | Array = 0) -> Tensor:
        """``x + weight[start : start + T]``."""
        rows = rows_of(x, start, self.weight.shape[0])
        return x + (self.weight[rows] if isinstance(rows, slice) else self.looked_up(rows))

    def looked_up(self, rows: Array) -> Tensor:
        """The vectors of ``rows``, on the device of the table."""
        return embedding(self.weight, ids=moved_like(rows, self.weight.data))


class SinusoidalPositions(Module):
    """Adds sines and cosines of geometrically falling frequencies; nothing is learned::

        P[t, 2i] = sin(t / 10000^(2i/D)),   P[t, 2i+1] = cos(t / 10000^(2i/D))

    Shapes: ``x (..., T, D) -> (..., T, D)`` for ``start + T <= length`` and even ``D``; ``start``
    as in ``LearnedPositions``.

    For a fixed offset, P[t + offset] is a rotation of P[t], the same one at every t.

    Raises:
        ValueError: ``width`` is odd, a size below 1, or a sequence longer than ``length``.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.5.
    Guide: 3.1 (G13).
    """

    def __init__(self, length: int, width: int):
        check_integers("SinusoidalPositions", length=length, width=width)
        if length < 1 or width < 2 or width % 2:
            raise ValueError(
                "SinusoidalPositions: length must be at least 1 and width even, got "
                f"{length} and {width}"
            )
        self.table = sinusoids(length, width)

    def forward(self, x: Tensor, *, start: int | Array = 0) -> Tensor:
        """``x + P[start : start + T]``."""
        rows = rows_of(x, start, len(self.table))
        if isinstance(rows, slice):
            return x + moved_like(self.table[rows].astype(x.dtype), x.data)
        table = moved_like(self.table.astype(x.dtype), x.data)
        return x + table[moved_like(rows, x.data)]


def sinusoids(length: int, width: int, base: float = 10_000.0) -> np.ndarray:
    """The table P (length, width) in float64.

    Raises:
        ValueError: ``base`` is not above 1.
    """
    if not base > 1:
        raise ValueError(f"sinusoids: base must be above 1, got {base!r}")
    angles = np.arange(length)[:, None] / base ** (np.arange(0, width, 2) / width)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, width)


def rows_of(x: Tensor, start: int | Array, longest: int) -> slice | Array:
    """Which rows of a table belong to ``x (..., T, D)``, whose first row stands at ``start``.

    With one ``start`` for each sequence, rows before position 0 are padding: they get position 0.

    Raises:
        ValueError: positions beyond ``longest``, no position, or a number below 0; starts that
            are not one for each sequence.
    """
    if isinstance(start, int) or not is_array(start):
        return known_rows(x.shape[-2], start, longest)
    if start.shape != x.shape[:-2]:
        raise ValueError(f"positions: start {start.shape} must be one for each of {x.shape[:-2]}")
    last = int(start.max()) if on_host(start) and start.size else 0
    known_rows(x.shape[-2], 0, longest - max(last, 0))
    xp = array_module(start)
    return xp.maximum(start[..., None] + xp.arange(x.shape[-2]), 0)  # (..., T)


def known_rows(length: int, start: int, longest: int) -> slice:
    """The rows ``start .. start + length - 1`` of a table.

    Raises:
        ValueError: see ``rows_of``.
        TypeError: ``start`` is not one whole number.
    """
    if not isinstance(start, int | np.integer):
        raise TypeError(f"positions: start must be one whole number, got {start!r:.60}")
    if start < 0:
        raise ValueError(f"positions: start must be at least 0, got {start}")
    if not 1 <= length <= longest - start:
        known = max(longest - start, 0)
        raise ValueError(f"sequence length {length} is not in 1..{known}, the known positions")
    return slice(start, start + length)
