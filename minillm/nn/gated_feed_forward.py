"""A feed-forward network whose hidden units are let through by a gate."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.nn.linear import Linear
from minillm.nn.module import Module
from minillm.ops import silu


class SwiGLU(Module):
    """Two maps instead of one and their product: ``(silu(x Wgᵀ + bg) * (x W1ᵀ + b1)) W2ᵀ + b2``.

    Shapes: ``x (..., width) -> (..., width)``; with ``hidden = 8/3 * width`` its three matrices
    have as many numbers as the two of ``FeedForward`` with ``4 * width``.

    A unit of ``FeedForward`` can only bend what it computes; here one half of the network
    decides, for each input anew, how much of the other half passes.

    Source: Shazeer 2020, "GLU Variants Improve Transformer", eq. 5, and eq. 6, which leaves the
        biases out.
    """

    def __init__(self, width: int, hidden: int, *, rng: np.random.Generator, bias: bool = True):
        self.gate = Linear(width, hidden, rng=rng, bias=bias)
        self.inner = Linear(width, hidden, rng=rng, bias=bias)
        self.outer = Linear(hidden, width, rng=rng, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """``(silu(x Wgᵀ + bg) * (x W1ᵀ + b1)) W2ᵀ + b2``."""
        return self.outer(silu(self.gate(x)) * self.inner(x))
