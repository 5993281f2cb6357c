"""Many elements into one: sum, mean, var, std, max, min over some axes, or over all."""

from __future__ import annotations

import math
import operator

from minillm.autograd.recording import op
from minillm.autograd.tape import VJP
from minillm.backend import Array, array_module, as_number, where_or_0, wide_dtype, wide_sum

Axis = int | tuple[int, ...] | list[int] | None


@op
def sum(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """Sum over some axes, or over all::

        y = sum of x         dL/dx = g, copied along the summed axes

    float16 is added up in float32, and rounded once at the end.

    Raises:
        ValueError: an axis out of bounds or named twice.
    """
    axes, shape = reduced_axes(x, axis, keepdims), x.shape
    return wide_sum(x, axes, keepdims=keepdims), lambda g: (spread(g, shape, axes),)


@op
def mean(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """Mean over some axes, or over all::

        y = (1/n) sum of x   dL/dx = g / n, copied along those axes

    float16 is added up in float32: it can hold the mean of 70000 ones, but not their sum.

    Raises:
        ValueError: the mean of no elements, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis, keepdims)
    n = elements(x, axes, "mean")
    shape, dtype, wide = x.shape, x.dtype, wide_dtype(x)
    total = x.sum(axis=axes, keepdims=keepdims, dtype=wide)

    def vjp(g: Array) -> tuple[Array]:
        share = g.astype(wide, copy=False) / n  # float16 has no number as large as n may be
        return (spread(share.astype(dtype, copy=False), shape, axes),)

    return (total / n).astype(dtype, copy=False), vjp


@op
def var(
    x: Array, /, *, axis: Axis = None, keepdims: bool = False, correction: float = 0.0
) -> tuple[Array, VJP]:
    """Variance over some axes, or over all: the mean square distance from the mean::

        c = x - mean(x),   m = n - correction
        y = (1/m) sum of c²                        dL/dx = 2 g c / m

    ``correction`` 0 describes these n elements; 1 estimates the variance of a population that
    they were drawn from.  ``mean(x²) - mean(x)²`` is the same number on paper, but loses every
    digit where the mean is large.

    Raises:
        ValueError: no more elements than ``correction``, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis, keepdims)
    m = degrees_of_freedom(x, axes, correction, "var")
    c, unit = deviations(x, axes)
    y, dtype = wide_sum(c * c, axes, keepdims=True) / m * unit * unit, x.dtype

    def vjp(g: Array) -> tuple[Array]:
        share = 2.0 / m * g.astype(c.dtype, copy=False)
        return ((spread(share, c.shape, axes) * (c * unit)).astype(dtype, copy=False),)

    return reduced(y, x, axes, keepdims), vjp


@op
def std(
    x: Array, /, *, axis: Axis = None, keepdims: bool = False, correction: float = 0.0
) -> tuple[Array, VJP]:
    """Standard deviation over some axes, or over all: the square root of the variance::

        c = x - mean(x),   m = n - correction
        y = sqrt((1/m) sum of c²)                  dL/dx = g c / (m y)    (0 where y is 0)

    Numbers whose squares are too large or too small for their dtype have one all the same.

    Raises:
        ValueError: no more elements than ``correction``, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis, keepdims)
    m = degrees_of_freedom(x, axes, correction, "std")
    c, unit = deviations(x, axes)
    y, dtype = (wide_sum(c * c, axes, keepdims=True) / m) ** 0.5, x.dtype

    def vjp(g: Array) -> tuple[Array]:
        slope = c / array_module(c).where(y == 0.0, 1.0, m * y)
        return ((spread(g, c.shape, axes) * slope).astype(dtype, copy=False),)

    return reduced(y * unit, x, axes, keepdims), vjp


@op
def max(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """The largest element over some axes, or over all::

        y = max of x         dL/dx = g / k where x = y, else 0     (k elements tie for it)

    Raises:
        ValueError: the largest of no elements, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis, keepdims)
    elements(x, axes, "max")
    y = x.max(axis=axes, keepdims=True)
    return y if keepdims else y.squeeze(axes), lambda g: (shared_by_ties(g, x, y, axes),)


@op
def min(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """The smallest element over some axes, or over all::

        y = min of x         dL/dx = g / k where x = y, else 0     (k elements tie for it)

    Raises:
        ValueError: the smallest of no elements, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis, keepdims)
    elements(x, axes, "min")
    y = x.min(axis=axes, keepdims=True)
    return y if keepdims else y.squeeze(axes), lambda g: (shared_by_ties(g, x, y, axes),)


def reduced_axes(x: Array, axis: Axis, keepdims: bool) -> tuple[int, ...]:
    """The axes that ``axis`` names, counted from the front.

    Raises:
        ValueError: an axis out of bounds or named twice.
        TypeError: not integers; a number for ``keepdims``, as in ``x.sum(0, 1)``.
    """
    if not isinstance(keepdims, bool):
        raise TypeError(f"keepdims is True or False, got {keepdims!r}; two axes are axis=(0, 1)")
    if axis is None:
        return tuple(range(x.ndim))
    named = axis if isinstance(axis, tuple | list) else (axis,)
    if any(isinstance(i, bool) for i in named):
        raise TypeError(f"an axis is an integer, got {axis}")
    named = [operator.index(i) for i in named]
    for i in named:
        if not -x.ndim <= i < x.ndim:
            raise ValueError(f"axis {i} is out of bounds for shape {x.shape}")
    axes = tuple(i % x.ndim for i in named)
    if len(set(axes)) < len(axes):
        raise ValueError(f"axis {axis} names an axis of shape {x.shape} twice")
    return axes


def elements(x: Array, axes: tuple[int, ...], name: str) -> int:
    """How many elements make one result.

    Raises:
        ValueError: there are no elements.
    """
    n = math.prod(x.shape[i] for i in axes)
    if n == 0:
        raise ValueError(f"{name} of no elements: shape {x.shape}, axis {axes}")
    return n


def degrees_of_freedom(x: Array, axes: tuple[int, ...], correction: float, name: str) -> float:
    """By what a sum of squares is divided.

    Raises:
        ValueError: it is not above 0.
    """
    n = elements(x, axes, name)
    m = n - as_number(f"{name}: correction", correction)
    if m <= 0.0:
        raise ValueError(f"{name} of {n} elements with correction {correction}: shape {x.shape}")
    return m


def deviations(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """The distances from the mean in a unit of their own: ``c`` and ``unit``, at least float32::

        x - mean(x) = c unit

    The unit is the power of two next to the largest element, so that nothing is rounded and the
    squares of ``c`` neither overflow nor vanish: those of 1e20 and 1e-25 would, in float32.
    """
    xp = array_module(x)
    x = x.astype(wide_dtype(x), copy=False)
    _, exponent = xp.frexp(xp.abs(x).max(axis=axes, keepdims=True))
    limit = xp.finfo(x.dtype).maxexp - 8  # the unit is neither infinite nor subnormal
    unit = xp.ldexp(xp.ones(exponent.shape, dtype=x.dtype), xp.clip(exponent, -limit, limit))
    z = x / unit
    return z - z.mean(axis=axes, keepdims=True), unit


def reduced(y: Array, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """``y`` in the dtype of ``x``; without ``keepdims``, without the reduced axes."""
    y = y.astype(x.dtype, copy=False)
    return y if keepdims else y.squeeze(axes)


def spread(g: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """``g``, copied along ``axes`` to ``shape``: a read-only view."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return array_module(g).broadcast_to(g.reshape(kept), shape)


def shared_by_ties(g: Array, x: Array, y: Array, axes: tuple[int, ...]) -> Array:
    """``g``, divided equally among the elements of ``x`` that equal ``y``; NaN where ``y`` is NaN.

    Divided and chosen, not multiplied with 0: an infinite ``g``, as from √0, would make that NaN.
    """
    xp = array_module(x)
    equal = x == y
    ties = equal.sum(axis=axes, keepdims=True, dtype=wide_dtype(x))
    share = (g.reshape(y.shape) / xp.where(ties == 0.0, xp.nan, ties)).astype(x.dtype, copy=False)
    return where_or_0(equal | (y != y), xp.broadcast_to(share, x.shape))
