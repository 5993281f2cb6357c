"""The layer with layer normalization's gain and bias."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.nn.initialization import check_integers
from minillm.nn.module import Module
from minillm.ops import layer_norm


class LayerNorm(Module):
    """Mean 0 and variance 1 over the features of each position, then a learned scale and shift.

    Shapes: ``x (..., width) -> (..., width)``; ``weight (width,)`` starts at 1, ``bias`` at 0.

    Source: Ba, Kiros & Hinton 2016, "Layer Normalization".
    Guide: 3.1 (G21).
    """

    def __init__(self, width: int, *, eps: float = 1e-5):
        check_integers("LayerNorm", width=width)
        if width < 1 or not eps > 0:
            raise ValueError(f"LayerNorm: needs width >= 1 and eps > 0, got {width} and {eps}")
        self.eps = eps
        self.weight = Parameter(np.ones(width, dtype=np.float32))
        self.bias = Parameter(np.zeros(width, dtype=np.float32))

    def forward(self, x: Tensor) -> Tensor:
        """``weight * (x - mean) / sqrt(var + eps) + bias``."""
        return layer_norm(x, self.weight, self.bias, eps=self.eps)
