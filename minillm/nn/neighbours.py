"""Each position takes in those beside it: a convolution along a sentence.

Letters: B batch, T positions, D width, R radius.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, moved_like
from minillm.nn.initialization import check_integers
from minillm.nn.linear import Linear
from minillm.nn.module import Module
from minillm.ops import concatenate, gelu, pad


class Neighbours(Module):
    """Adds what a position and its R neighbours on either side say together::

        y_t = x_t + gelu([x_{t-R}; ...; x_t; ...; x_{t+R}] W + b)

    Attention has to learn from data which neighbour is which; here each has weights of its own.
    Beyond a sentence's ends, and at padding, the neighbours are zeros.

    Shapes: ``x (B, T, D), mask (B, T) -> (B, T, D)``; ``mask`` is True at real positions.

    Raises:
        ValueError: a width or a radius below 1.
    Source: Collobert et al. 2011, "Natural Language Processing (Almost) from Scratch",
        arXiv:1103.0398, the window approach; without the sum.
    """

    def __init__(self, width: int, radius: int, *, rng: np.random.Generator):
        check_integers("Neighbours", width=width, radius=radius)
        if width < 1 or radius < 1:
            raise ValueError(f"Neighbours: sizes must be at least 1, got {width} and {radius}")
        self.radius = radius
        self.mix = Linear((2 * radius + 1) * width, width, rng=rng)

    def forward(self, x: Tensor, mask: Array) -> Tensor:
        """The vectors with what their neighbours add."""
        length = x.shape[1]
        real = x * moved_like(mask[:, :, None], x.data).astype(x.dtype)
        wide = pad(real, widths=((0, 0), (self.radius, self.radius), (0, 0)))
        beside = [wide[:, i : i + length] for i in range(2 * self.radius + 1)]
        return x + gelu(self.mix(concatenate(beside, axis=2)))
