"""Low-rank adaptation: a learned change beside a linear layer that stays as it is."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import array_module, moved_like
from minillm.nn.initialization import check_integers, normal
from minillm.nn.linear import Linear
from minillm.nn.module import Module
from minillm.ops import linear


class LoRA(Module):
    """A frozen linear layer, and beside it a change of rank r that is trained::

        y = x Wᵀ + c + s (x Aᵀ) Bᵀ,      s = α / r
        dA = s (g B)ᵀ x,   dB = s gᵀ (x Aᵀ),   dx = g W + s (g B) A       g = dL/dy;  nothing for W

    It is the layer with the weight ``W + s B A``, whose change has a rank of at most r: r (inputs
    + outputs) numbers are trained instead of inputs times outputs.  A begins random and B as 0, so
    that at first nothing changes.  α is r unless given; it keeps the size of the change where r
    is varied.

    Shapes: ``x (..., inputs) -> (..., outputs)``; ``A (r, inputs)``, ``B (outputs, r)``.

    Raises:
        ValueError: ``rank`` is below 1 or above the smaller side of the weight, where the change
            would be no smaller than the weight; ``alpha`` is not a positive number.
        TypeError: ``rank`` is not an integer; ``layer`` is not a ``Linear``.
    Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1.
    Guide: 2.1, 9.3.4 (G32).
    """

    def __init__(
        self, layer: Linear, rank: int, *, rng: np.random.Generator, alpha: float | None = None
    ):
        if not isinstance(layer, Linear):
            raise TypeError(f"LoRA: needs a Linear layer, got a {type(layer).__name__}")
        check_integers("LoRA", rank=rank)
        outputs, inputs = layer.weight.shape
        if not 1 <= rank <= min(inputs, outputs):
            raise ValueError(
                f"LoRA: rank must be 1 to {min(inputs, outputs)} beside a weight of "
                f"{outputs} x {inputs}, got {rank}"
            )
        if alpha is not None and not (isinstance(alpha, Real) and 0 < alpha < math.inf):
            raise ValueError(f"LoRA: alpha must be a positive number, got {alpha!r}")
        self.layer: Linear = layer.freeze()
        self.scale = 1.0 if alpha is None else float(alpha) / rank
        self.A: Parameter = like(layer, normal((rank, inputs), std=inputs**-0.5, rng=rng))
        self.B: Parameter = like(layer, np.zeros((outputs, rank)))

    def forward(self, x: Tensor) -> Tensor:
        """``x Wᵀ + c + s (x Aᵀ) Bᵀ``."""
        return self.layer(x) + linear(linear(x, self.A), self.B) * self.scale

    def change(self) -> np.ndarray:
        """``s B A``, the change of the weight, (outputs, inputs)."""
        change: np.ndarray = self.scale * (self.B.data @ self.A.data)
        return change

    def merged(self) -> Linear:
        """A linear layer with the weight ``W + s B A``, which costs no more than the one before."""
        merged = object.__new__(Linear)
        merged.weight = Parameter(self.layer.weight.data + self.change())
        merged.bias = self.layer.bias
        if merged.bias is not None:
            merged.bias = Parameter(merged.bias.data.copy())
        return merged


def like(layer: Linear, values: np.ndarray) -> Parameter:
    """A parameter beside the weight of a layer: in its library and dtype."""
    weight = layer.weight.data
    return Parameter(array_module(weight).asarray(moved_like(values, weight), dtype=weight.dtype))
