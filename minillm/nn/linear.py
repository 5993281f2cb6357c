"""The affine layer."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.nn.initialization import check_integers, xavier_uniform
from minillm.nn.module import Module
from minillm.ops import linear


class Linear(Module):
    """One affine map, applied at every position: ``y = x Wᵀ + b``.

    Shapes: ``x (..., inputs) -> (..., outputs)``; ``weight (outputs, inputs), bias (outputs,)``,
    or no bias.

    Raises:
        ValueError: a size below 1.
        TypeError: a size is not an integer; so in every layer.  ``rng`` is not a generator; so in
            every layer with random weights.
    Guide: 3.1, 4.1.3, 5.2.2 (G14, G19).
    """

    def __init__(self, inputs: int, outputs: int, *, rng: np.random.Generator, bias: bool = True):
        check_integers("Linear", inputs=inputs, outputs=outputs)
        if inputs < 1 or outputs < 1:
            raise ValueError(f"Linear: sizes must be at least 1, got {inputs} and {outputs}")
        self.weight = Parameter(xavier_uniform((outputs, inputs), rng=rng))
        self.bias = Parameter(np.zeros(outputs, dtype=np.float32)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """``x Wᵀ + b``."""
        return linear(x, self.weight, self.bias)
