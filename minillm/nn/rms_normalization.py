"""The layer with root-mean-square normalization's gain."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.nn.initialization import check_integers
from minillm.nn.module import Module
from minillm.ops import rms_norm


class RMSNorm(Module):
    """Mean square 1 over the features of each position, then a learned scale.

    Shapes: ``x (..., width) -> (..., width)``; ``weight (width,)`` starts at 1.

    ``LayerNorm`` without its mean and its bias: the length is what keeps a deep stack stable.

    Raises:
        ValueError: a width below 1, or an ``eps`` that is not positive.
    Source: Zhang & Sennrich 2019, "Root Mean Square Layer Normalization".
    """

    def __init__(self, width: int, *, eps: float = 1e-6):
        check_integers("RMSNorm", width=width)
        if width < 1 or not eps > 0:
            raise ValueError(f"RMSNorm: needs width >= 1 and eps > 0, got {width} and {eps}")
        self.eps = eps
        self.weight = Parameter(np.ones(width, dtype=np.float32))

    def forward(self, x: Tensor) -> Tensor:
        """``weight * x / sqrt(mean(x²) + eps)``."""
        return rms_norm(x, self.weight, eps=self.eps)
