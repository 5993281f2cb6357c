"""Sums and products that run along an axis: cumsum, prod."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module
from minillm.ops.axes import checked_axis
from minillm.ops.precision import rounded, widened


@op
def cumsum(x: Array, /, *, axis: int) -> tuple[Array, VJP]:
    """The sum of every element and all those before it along ``axis``::

        y_i = x_1 + ... + x_i            dL/dx_i = g_i + ... + g_N

    Shapes: any, kept.

    Raises:
        ValueError: ``axis`` is out of range.
        TypeError: ``axis`` is not an integer.
    """
    axis = checked_axis("cumsum", axis, x.shape)
    xp, dtype = array_module(x), x.dtype

    def vjp(g: Array) -> tuple[Array]:
        backwards = xp.cumsum(xp.flip(widened(g), axis), axis=axis)
        return (rounded(xp.flip(backwards, axis), dtype),)

    return rounded(xp.cumsum(widened(x), axis=axis), dtype), vjp


@op
def prod(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """Product over one axis, or over all::

        y = x_1 x_2 ... x_N              dL/dx_i = g (x_1 ... x_{i-1}) (x_{i+1} ... x_N)

    Not ``g y / x_i``: where one factor is 0 that is 0/0, and the slope is an ordinary number.

    Raises:
        ValueError: ``axis`` is out of range.
        TypeError: ``axis`` is not an integer.
    """
    xp = array_module(x)
    if axis is not None:
        axis = checked_axis("prod", axis, x.shape)
    wide = widened(x)
    rows = wide.reshape(x.size) if axis is None else xp.moveaxis(wide, axis, -1)  # (..., N)

    def vjp(g: Array) -> tuple[Array]:
        others = before(rows) * before(rows[..., ::-1])[..., ::-1]
        grad = g.reshape(*rows.shape[:-1], 1) * others
        grad = grad.reshape(x.shape) if axis is None else xp.moveaxis(grad, -1, axis)
        return (rounded(grad, x.dtype),)

    return rounded(wide.prod(axis=axis, keepdims=keepdims), x.dtype), vjp


def before(rows: Array) -> Array:
    """For every element the product of those before it along the last axis; 1 for the first."""
    xp = array_module(rows)
    first = xp.ones_like(rows[..., :1])
    return xp.concatenate([first, xp.cumprod(rows, axis=-1)[..., :-1]], axis=-1)
