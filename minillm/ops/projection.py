"""The affine map of a layer."""

from __future__ import annotations

import math

from minillm.autograd import VJP, op
from minillm.backend import Array, check_one_dtype, column_sums


@op
def linear(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    /,
    *,
    wanted: tuple[bool, ...] = (True, True, True),
) -> tuple[Array, VJP]:
    """One affine map, applied at every position::

        y = x Wᵀ + b         dL/dx = g W,   dL/dW = gᵀ x,   dL/db = sum of g    (over positions)

    Shapes: ``x (..., I), weight (O, I), bias (O,) -> (..., O)``; without a bias, ``y = x Wᵀ``.

    Positions are flattened to one matrix first: one product instead of one per batch entry.

    Raises:
        TypeError: operands of two dtypes.
        ValueError: the shapes do not fit; a weight (I, O) is named as the likely mistake.
    Guide: 3.1 (G14).
    """
    check_one_dtype("linear", x=x, weight=weight, bias=bias)
    if x.ndim == 0 or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        turned = weight.ndim == 2 and x.ndim > 0 and x.shape[-1] == weight.shape[0]
        hint = "; it is (in, out), transpose it" if turned else ""
        raise ValueError(f"linear: x {x.shape} needs a weight (out, in), got {weight.shape}{hint}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(
            f"linear: weight {weight.shape} needs bias ({weight.shape[0]},), got {bias.shape}"
        )
    (outputs, inputs), shape = weight.shape, x.shape
    positions = math.prod(x.shape[:-1])  # -1 would not do: a batch may be empty
    flat = x.reshape(positions, inputs)
    y = flat @ weight.T
    if bias is not None:
        y += bias  # in place: nobody else has seen y, and a sum would be an array of its own
    of_x, of_weight, *of_bias = wanted[: 2 if bias is None else 3]

    def vjp(g: Array) -> tuple[Array | None, ...]:
        flat_g = g.reshape(positions, outputs)
        grad_x = (flat_g @ weight).reshape(shape) if of_x else None
        grad_weight = flat_g.T @ flat if of_weight else None
        return grad_x, grad_weight, *(column_sums(flat_g) if asked else None for asked in of_bias)

    return y.reshape(*shape[:-1], outputs), vjp
