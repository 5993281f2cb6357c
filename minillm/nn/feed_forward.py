"""The position-wise feed-forward network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.autograd import Tensor
from minillm.nn.linear import Linear
from minillm.nn.module import Module
from minillm.ops import gelu


class FeedForward(Module):
    """Widen, bend, narrow: ``f(x W1ᵀ + b1) W2ᵀ + b2``, at every position by itself.

    Only the hidden layer is bent.  A second non-linearity around the whole, as in
    ``relu(W2 relu(W1 x))``, would let a residual branch add but never subtract.

    Shapes: ``x (..., width) -> (..., width)``; usually ``hidden = 4 * width``.

    Source: Vaswani et al. 2017, "Attention Is All You Need", eq. 2 (with relu); Devlin et al.
        2019, "BERT", appendix A.2 (with gelu).
    Guide: 3.1, 4.1.3 (G19).
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        activation: Callable[[Tensor], Tensor] = gelu,
        bias: bool = True,
    ):
        self.activation = activation
        self.inner = Linear(width, hidden, rng=rng, bias=bias)
        self.outer = Linear(hidden, width, rng=rng, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """``f(x W1ᵀ + b1) W2ᵀ + b2``."""
        return self.outer(self.activation(self.inner(x)))
