"""The affine map of a layer."""

from __future__ import annotations

import math

from minillm.autograd import VJP, op
from minillm.backend import Array


@op
def linear(x: Array, weight: Array, bias: Array, /) -> tuple[Array, VJP]:
    """One affine map, applied at every position.

        y = x Wᵀ + b         dL/dx = g W,   dL/dW = gᵀ x,   dL/db = sum of g    (over positions)

    Shapes: ``x (..., I), weight (O, I), bias (O,) -> (..., O)``.

    Positions are flattened to one matrix first: one product instead of one per batch entry.

    Raises:
        ValueError: the shapes do not fit; a weight (I, O) is named as the likely mistake.
    """
    if x.ndim == 0 or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        turned = weight.ndim == 2 and x.ndim > 0 and x.shape[-1] == weight.shape[0]
        hint = "; it is (in, out), transpose it" if turned else ""
        raise ValueError(f"linear: x {x.shape} needs a weight (out, in), got {weight.shape}{hint}")
    if bias.shape != weight.shape[:1]:
        raise ValueError(
            f"linear: weight {weight.shape} needs bias ({weight.shape[0]},), got {bias.shape}"
        )
    outputs, inputs = weight.shape
    positions = math.prod(x.shape[:-1])  # -1 would not do: a batch may be empty
    flat = x.reshape(positions, inputs)

    def vjp(g: Array) -> tuple[Array, Array, Array]:
        flat_g = g.reshape(positions, outputs)
        return (flat_g @ weight).reshape(x.shape), flat_g.T @ flat, flat_g.sum(axis=0)

    return (flat @ weight.T + bias).reshape(*x.shape[:-1], outputs), vjp
