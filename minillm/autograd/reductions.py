"""Many elements into one: sum, mean, var, max, min over some axes, or over all."""

from __future__ import annotations

import math
import operator

from minillm.autograd.recording import op
from minillm.autograd.tape import VJP
from minillm.autograd.tensor import Axis
from minillm.backend import Array, array_module, quiet


@op
def sum(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """Sum over some axes, or over all.

        y = sum of x         dL/dx = g, copied along the summed axes

    float16 is added up in float32, and rounded once at the end.

    Raises:
        ValueError: an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis)
    y = added(x, axis).astype(x.dtype, copy=False)
    return y if keepdims else y.squeeze(axes), lambda g: (spread(g, x, axes),)


@op
def mean(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """Mean over some axes, or over all.

        y = (1/n) sum of x   dL/dx = g / n, copied along those axes

    float16 is added up in float32: the sum of 70000 ones is no float16, their mean is.

    Raises:
        ValueError: the mean of no elements, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis)
    n = elements(x, axes, "mean")
    y = (added(x, axis) / n).astype(x.dtype, copy=False)
    return y if keepdims else y.squeeze(axes), lambda g: (spread(g / n, x, axes),)


@op
def var(
    x: Array, /, *, axis: Axis = None, keepdims: bool = False, correction: float = 0.0
) -> tuple[Array, VJP]:
    """Variance over some axes, or over all: the mean square distance from the mean.

        c = x - mean(x),   m = n - correction
        y = (1/m) sum of c²                        dL/dx = 2 g c / m

    ``correction`` 0 describes these n elements; 1 estimates the variance of a population that
    they were drawn from.  ``mean(x²) - mean(x)²`` is the same number on paper, but loses every
    digit where the mean is large.

    Raises:
        ValueError: no more elements than ``correction``, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis)
    n = elements(x, axes, "var")
    m = n - float(correction)
    if m <= 0.0:
        raise ValueError(f"var of {n} elements with correction {correction}: shape {x.shape}")
    c = x - x.mean(axis=axis, keepdims=True)
    y = (c * c).sum(axis=axis, keepdims=keepdims) / m
    return y, lambda g: (spread(2.0 / m * g, x, axes) * c,)


@op
def max(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """The largest element over some axes, or over all.

        y = max of x         dL/dx = g / k where x = y, else 0     (k elements tie for it)

    Raises:
        ValueError: the largest of no elements, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis)
    elements(x, axes, "max")
    y = x.max(axis=axis, keepdims=True)
    return y if keepdims else y.squeeze(axes), lambda g: (shared_by_ties(g, x, y, axes),)


@op
def min(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, VJP]:
    """The smallest element over some axes, or over all.

        y = min of x         dL/dx = g / k where x = y, else 0     (k elements tie for it)

    Raises:
        ValueError: the smallest of no elements, an axis out of bounds or named twice.
    """
    axes = reduced_axes(x, axis)
    elements(x, axes, "min")
    y = x.min(axis=axis, keepdims=True)
    return y if keepdims else y.squeeze(axes), lambda g: (shared_by_ties(g, x, y, axes),)


def reduced_axes(x: Array, axis: Axis) -> tuple[int, ...]:
    """The axes that ``axis`` names, counted from the front.

    Raises:
        ValueError: an axis out of bounds or named twice.
        TypeError: not integers.
    """
    if axis is None:
        return tuple(range(x.ndim))
    named = [operator.index(i) for i in (axis if isinstance(axis, tuple) else (axis,))]
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
        ValueError: none.
    """
    n = math.prod(x.shape[i] for i in axes)
    if n == 0:
        raise ValueError(f"{name} of no elements: shape {x.shape}, axis {axes}")
    return n


def added(x: Array, axis: Axis) -> Array:
    """Sums with the reduced axes kept at size 1; of float16, in float32."""
    return x.sum(axis=axis, keepdims=True, dtype="float32" if x.dtype.itemsize < 4 else None)


def spread(g: Array, x: Array, axes: tuple[int, ...]) -> Array:
    """``g``, copied along ``axes`` to the shape of ``x``: a read-only view."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return array_module(x).broadcast_to(g.reshape(kept), x.shape)


def shared_by_ties(g: Array, x: Array, y: Array, axes: tuple[int, ...]) -> Array:
    """``g``, divided equally among the elements of ``x`` that equal ``y``."""
    winners = (x == y).astype(x.dtype)
    with quiet():  # nothing equals NaN: its gradient is 0/0
        return g.reshape(y.shape) * (winners / winners.sum(axis=axes, keepdims=True))
