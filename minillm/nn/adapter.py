"""Adapters: a small network behind a layer that stays as it is."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.nn.initialization import check_integers, normal
from minillm.nn.linear import Linear
from minillm.nn.lora import like
from minillm.nn.module import Module
from minillm.ops import gelu, linear


class Adapter(Module):
    """A frozen linear layer, and behind it a small network that is trained::

        h = x Wᵀ + c,      y = h + gelu(h Dᵀ + d) Uᵀ + u

    D narrows h to a few numbers and U widens them again: 2 · outputs · width + outputs + width
    numbers are trained.  U begins as 0, so that at first nothing changes.  Unlike a change of
    low rank it is bent, and cannot be merged into the weight: it costs time in use, too.

    Shapes: ``x (..., inputs) -> (..., outputs)``; ``down (width, outputs)``, ``up (outputs,
    width)``.

    Raises:
        ValueError: ``width`` is below 1.
        TypeError: ``width`` is not an integer; ``layer`` is not a ``Linear``.
    Source: Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP", section 2.1; the
        layer normalizations, which they train too, stay frozen here.
    Guide: 2.1, 9.3.4 (G32).
    """

    def __init__(self, layer: Linear, width: int, *, rng: np.random.Generator):
        if not isinstance(layer, Linear):
            raise TypeError(f"Adapter: needs a Linear layer, got a {type(layer).__name__}")
        check_integers("Adapter", width=width)
        if width < 1:
            raise ValueError(f"Adapter: width must be at least 1, got {width}")
        outputs = layer.weight.shape[0]
        self.layer = layer.freeze()
        self.down = like(layer, normal((width, outputs), std=outputs**-0.5, rng=rng))
        self.down_bias = like(layer, np.zeros(width))
        self.up = like(layer, np.zeros((outputs, width)))
        self.up_bias = like(layer, np.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """``h + gelu(h Dᵀ + d) Uᵀ + u`` with ``h = x Wᵀ + c``."""
        h = self.layer(x)
        return h + linear(gelu(linear(h, self.down, self.down_bias)), self.up, self.up_bias)
