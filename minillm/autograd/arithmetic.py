"""The rules behind the operators: + - * / ** @ [], abs, reshape, transpose, astype."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any

import numpy as np

from minillm.autograd.recording import op
from minillm.autograd.tape import VJP
from minillm.backend import Array, array_module, quiet, wide_dtype, wide_sum


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum ``gradient`` over the axes along which an operand of ``shape`` was stretched.

    The adjoint of copying is adding.
    """
    if gradient.shape == shape:
        return gradient
    if gradient.ndim > len(shape):
        gradient = wide_sum(gradient, axis=tuple(range(gradient.ndim - len(shape))))
    stretched = tuple([i for i, n in enumerate(shape) if n == 1 and gradient.shape[i] != 1])
    return wide_sum(gradient, axis=stretched, keepdims=True) if stretched else gradient


@op
def add(a: Array, b: Array, /) -> tuple[Array, VJP]:
    """Element by element sum, with broadcasting::

        y = a + b            dL/da = g,   dL/db = g     (each summed where it was stretched)

    Shapes: any two that broadcast.
    """

    of_a, of_b = a.shape, b.shape  # a vjp keeps what it names: here no array
    return a + b, lambda g: (unbroadcast(g, of_a), unbroadcast(g, of_b))


@op
def subtract(a: Array, b: Array, /) -> tuple[Array, VJP]:
    """Element by element difference, with broadcasting::

        y = a - b            dL/da = g,   dL/db = -g

    Shapes: any two that broadcast.
    """

    of_a, of_b = a.shape, b.shape
    return a - b, lambda g: (unbroadcast(g, of_a), unbroadcast(-g, of_b))


@op
def multiply(a: Array, b: Array, /) -> tuple[Array, VJP]:
    """Element by element product, with broadcasting::

        y = a b              dL/da = g b,   dL/db = g a

    Shapes: any two that broadcast.
    """

    def vjp(g: Array) -> tuple[Array, Array]:
        return unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape)

    return a * b, vjp


@op
def divide(a: Array, b: Array, /) -> tuple[Array, VJP]:
    """Element by element quotient, with broadcasting; division by zero follows the array library::

        y = a / b            dL/da = g / b,   dL/db = -g y / b

    Shapes: any two that broadcast.
    """
    y, of_a = a / b, a.shape

    def vjp(g: Array) -> tuple[Array, Array]:
        return unbroadcast(g / b, of_a), unbroadcast(-g * y / b, b.shape)

    return y, vjp


@op
def negative(a: Array, /) -> tuple[Array, VJP]:
    """The additive inverse::

        y = -a               dL/da = -g

    Shapes: any.
    """
    return -a, lambda g: (-g,)


@op
def absolute(x: Array, /) -> tuple[Array, VJP]:
    """The distance from zero::

        y = |x|              dL/dx = g sign(x)     (at the kink, x = 0, it is 0)

    Shapes: any, kept.
    """
    xp = array_module(x)
    return xp.abs(x), lambda g: (g * xp.sign(x),)


@op
def power(x: Array, /, *, exponent: float) -> tuple[Array, VJP]:
    """Every element to a constant power; ``exp(log(x) * n)`` is differentiated in ``n`` too::

        y = xⁿ               dL/dx = g n xⁿ⁻¹

    Shapes: any, kept.

    0⁰ is 1 with slope 0.  Outside the domain there is no warning: 0 to a negative power is
    infinite, a negative number to a fractional one NaN, and √x has an infinite slope at 0.

    Raises:
        TypeError: ``exponent`` is not a number.
    """
    if not isinstance(exponent, Real):
        raise TypeError(f"power: the exponent must be a number, got {type(exponent).__name__}")
    n = float(exponent)  # a NumPy float64 would turn float32 into float64

    def vjp(g: Array) -> tuple[Array]:
        if n == 0.0:  # 0 x⁻¹ is NaN at 0
            return (array_module(x).zeros_like(x),)
        with quiet():
            return (g * (n * x ** (n - 1.0)),)

    with quiet():
        return x**n, vjp


@op
def matmul(a: Array, b: Array, /) -> tuple[Array, VJP]:
    """Matrix product over the last two axes, leading axes broadcast::

        y = a b              dL/da = g bᵀ,   dL/db = aᵀ g

    Shapes: ``a (..., T, I), b (..., I, O) -> (..., T, O)``; a one-dimensional operand is a row
    on the left and a column on the right, and that axis is gone from the result.

    Where ``b`` is one matrix for the whole batch, its gradient is a single product of the
    flattened operands, instead of one (I, O) matrix per batch entry that is then summed.

    Raises:
        ValueError: a 0-d operand, or inner sizes that differ.
    """
    if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ValueError(f"matmul: {a.shape} @ {b.shape}: the inner sizes must be equal")
    xp = array_module(a, b)
    rows = a if a.ndim > 1 else a.reshape(1, a.size)  # (..., T, I)
    columns = b if b.ndim > 1 else b.reshape(b.size, 1)  # (..., I, O)

    def vjp(g: Array) -> tuple[Array, Array]:
        g = g if b.ndim > 1 else xp.expand_dims(g, -1)
        g = g if a.ndim > 1 else xp.expand_dims(g, -2)  # (..., T, O)
        grad_a = unbroadcast(g @ columns.swapaxes(-1, -2), rows.shape)
        if columns.ndim == 2:
            positions = math.prod(rows.shape[:-1])
            flat = rows.reshape(positions, rows.shape[-1])
            grad_b = flat.T @ g.reshape(positions, columns.shape[1])
        else:
            grad_b = unbroadcast(rows.swapaxes(-1, -2) @ g, columns.shape)
        return grad_a.reshape(a.shape), grad_b.reshape(b.shape)

    return a @ b, vjp


@op
def take(x: Array, /, *, index: Any) -> tuple[Array, VJP]:
    """``x[index]``: numbers, slices, ``...``, ``None``, integer or boolean arrays::

        y = x[index]         dL/dx = zeros, with g added at index

    An index that occurs twice receives both contributions: ``grad[index] += g`` would keep one.

    Raises:
        IndexError: out of range, or a boolean mask of another shape.
    """
    xp, shape, dtype = array_module(x), x.shape, x.dtype
    y = x[index]
    parts = index if isinstance(index, tuple) else (index,)
    basic = all(part is None or part is ... or isinstance(part, int | slice) for part in parts)

    def vjp(g: Array) -> tuple[Array]:
        grad = xp.zeros(shape, dtype=wide_dtype(g))
        if basic:  # no element can be met twice
            grad[index] = g
        else:
            xp.add.at(grad, index, g)
        return (grad.astype(dtype, copy=False),)

    return y, vjp


@op
def reshape(x: Array, /, *, shape: tuple[int, ...]) -> tuple[Array, VJP]:
    """The same elements in another shape; one size may be -1::

        y = x                dL/dx = g     (in x's shape)

    Raises:
        ValueError: the number of elements differs, or two sizes are -1.
    """
    before = x.shape
    return x.reshape(shape), lambda g: (g.reshape(before),)


@op
def transpose(x: Array, /, *, axes: tuple[int, ...] | None = None) -> tuple[Array, VJP]:
    """Axes in another order; without ``axes``, reversed::

        y[i_axes] = x[i]     dL/dx = g with the inverse permutation

    Raises:
        ValueError: ``axes`` is not a permutation of x's axes.
    """
    order = tuple(range(x.ndim))[::-1] if axes is None else tuple(map(operator.index, axes))
    if sorted(i + x.ndim if i < 0 else i for i in order) != list(range(x.ndim)):
        raise ValueError(
            f"transpose: axes {order} are not all axes of shape {x.shape} in some order; "
            "swapaxes(x, axis1=i, axis2=j) exchanges two"
        )
    y = x.transpose(order)
    inverse = sorted(range(x.ndim), key=lambda i: order[i] % x.ndim)
    return y, lambda g: (g.transpose(inverse),)


@op
def astype(x: Array, /, *, dtype: Any) -> tuple[Array, VJP]:
    """The same numbers in another floating-point dtype::

        y = x                dL/dx = g     (in x's dtype)

    Shapes: any, kept.

    Raises:
        TypeError: ``dtype`` is not a floating-point one.
    """
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"astype: a tensor is floating point, got {np.dtype(dtype)}; use t.data")
    return x.astype(dtype), lambda g: (g.astype(x.dtype),)
