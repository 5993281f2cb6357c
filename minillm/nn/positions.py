"""Where a token stands: without these, a sentence is a bag of words to attention."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import moved_like
from minillm.nn.initialization import normal
from minillm.nn.module import Module


class LearnedPositions(Module):
    """Adds one learned vector per position.

    Shapes: ``x (B, T, width) -> (B, T, width)`` for ``T <= length``.

    Raises:
        ValueError: a size below 1, or a sequence longer than ``length``.
    Source: Devlin et al. 2019, "BERT", section 3, figure 2.
    """

    def __init__(self, length: int, width: int, *, rng: np.random.Generator):
        if length < 1 or width < 1:
            raise ValueError(
                f"LearnedPositions: sizes must be at least 1, got {length} and {width}"
            )
        self.weight = Parameter(normal((length, width), std=0.02, rng=rng))

    def forward(self, x: Tensor) -> Tensor:
        """``x + weight[:T]``."""
        return x + self.weight[: checked_length(x, self.weight.shape[0])]


class SinusoidalPositions(Module):
    """Adds sines and cosines of geometrically falling frequencies; nothing is learned.

        P[t, 2i] = sin(t / 10000^(2i/D)),   P[t, 2i+1] = cos(t / 10000^(2i/D))

    Shapes: ``x (B, T, D) -> (B, T, D)`` for ``T <= length`` and even ``D``.

    For a fixed offset, P[t + offset] is a rotation of P[t], the same one at every t.

    Raises:
        ValueError: ``width`` is odd, a size below 1, or a sequence longer than ``length``.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.5.
    """

    def __init__(self, length: int, width: int):
        if length < 1 or width < 2 or width % 2:
            raise ValueError(
                "SinusoidalPositions: length must be at least 1 and width even, got "
                f"{length} and {width}"
            )
        self.table = sinusoids(length, width)

    def forward(self, x: Tensor) -> Tensor:
        """``x + P[:T]``."""
        table = self.table[: checked_length(x, self.table.shape[0])]
        return x + moved_like(table.astype(x.dtype), x.data)


def sinusoids(length: int, width: int) -> np.ndarray:
    """The table P (length, width) in float64."""
    angles = np.arange(length)[:, None] / 10000.0 ** (np.arange(0, width, 2) / width)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, width)


def checked_length(x: Tensor, longest: int) -> int:
    """The sequence length of ``x (B, T, D)``.

    Raises:
        ValueError: it is 0 or more than ``longest``.
    """
    length = x.shape[-2]
    if not 1 <= length <= longest:
        raise ValueError(f"sequence length {length} is not in 1..{longest}, the known positions")
    return length
