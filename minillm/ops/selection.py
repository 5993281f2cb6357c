"""One of two numbers, element by element: maximum, minimum, clip, where, masked_fill.

What was not chosen has the gradient 0 even where an infinite one arrives, as from √0: a product
with 0 would be NaN.
"""

from __future__ import annotations

import math
from typing import Any

from minillm.autograd import VJP, op, unbroadcast
from minillm.backend import Array, array_module, as_number, where_or_0


@op
def maximum(a: Array, b: Array, /) -> tuple[Array, VJP]:
    """The larger of two, element by element, with broadcasting::

        y = max(a, b)        dL/da = g where a > b, g/2 where a = b, else 0     (b likewise)

    Shapes: any two that broadcast.
    """
    xp = array_module(a, b)

    def vjp(g: Array) -> tuple[Array, Array]:
        share = xp.where(a == b, 0.5 * g, g)
        to_a, to_b = where_or_0(~(a < b), share), where_or_0(~(a > b), share)
        return unbroadcast(to_a, a.shape), unbroadcast(to_b, b.shape)

    return xp.maximum(a, b), vjp


@op
def minimum(a: Array, b: Array, /) -> tuple[Array, VJP]:
    """The smaller of two, element by element, with broadcasting::

        y = min(a, b)        dL/da = g where a < b, g/2 where a = b, else 0     (b likewise)

    Shapes: any two that broadcast.
    """
    xp = array_module(a, b)

    def vjp(g: Array) -> tuple[Array, Array]:
        share = xp.where(a == b, 0.5 * g, g)
        to_a, to_b = where_or_0(~(a > b), share), where_or_0(~(a < b), share)
        return unbroadcast(to_a, a.shape), unbroadcast(to_b, b.shape)

    return xp.minimum(a, b), vjp


@op
def clip(x: Array, /, *, low: float | None = None, high: float | None = None) -> tuple[Array, VJP]:
    """The nearest number between ``low`` and ``high``; ``None`` leaves that side open::

        y = min(max(x, low), high)       dL/dx = g where low <= x <= high, else 0

    Shapes: any, kept.

    On a bound the slope is 1: a parameter that starts there can still leave it.

    Raises:
        ValueError: ``low`` above ``high``, or a bound that is NaN.
        TypeError: a bound is an array.
    """
    low = -math.inf if low is None else as_number("clip: low", low)
    high = math.inf if high is None else as_number("clip: high", high)
    if not low <= high:  # this way round NaN is refused too
        raise ValueError(f"clip: low must be at most high, got low {low} and high {high}")
    y = array_module(x).clip(x, low, high)
    return y, lambda g: (where_or_0((low <= x) & (x <= high), g),)


@op
def where(a: Array, b: Array, /, *, condition: Array) -> tuple[Array, VJP]:
    """``a`` where the condition holds, ``b`` elsewhere, all three broadcast::

        y = a if condition, else b       dL/da = g if condition, else 0
                                         dL/db = 0 if condition, else g

    Shapes: any three that broadcast.

    Both branches are computed everywhere, so both need a finite slope everywhere.  With
    ``c = x.data > 0``, ``where(log(x), 0.0, condition=c)`` has a NaN gradient at x = 0: the 0
    that arrives there meets the infinite slope of the logarithm.  Make its input safe first:
    ``where(log(where(x, 1.0, condition=c)), 0.0, condition=c)``.

    Raises:
        TypeError: ``condition`` is not a boolean array.
        ValueError: the shapes do not broadcast.
    """
    check_boolean(condition, "where: condition")
    xp, of_a, of_b = array_module(a, b, condition), a.shape, b.shape

    def vjp(g: Array) -> tuple[Array, Array]:
        to_a, to_b = where_or_0(condition, g), where_or_0(~condition, g)
        return unbroadcast(to_a, of_a), unbroadcast(to_b, of_b)

    return xp.where(condition, a, b), vjp


@op
def masked_fill(x: Array, /, *, mask: Array, value: float) -> tuple[Array, VJP]:
    """``value`` where the mask is True, ``x`` elsewhere::

        y = value if mask, else x        dL/dx = 0 if mask, else g

    Shapes: ``x`` any, kept; ``mask`` broadcasts to it.

    True marks what is replaced; in an attention mask it marks what stays.

    Raises:
        TypeError: ``mask`` is not a boolean array.
        ValueError: ``mask`` does not broadcast to the shape of ``x``.
    """
    check_boolean(mask, "masked_fill: mask")
    xp = array_module(x, mask)
    y = xp.where(mask, as_number("masked_fill: value", value), x)
    if y.shape != x.shape:
        raise ValueError(f"masked_fill: mask {mask.shape} does not broadcast to x {x.shape}")
    return y, lambda g: (where_or_0(~mask, g),)


def check_boolean(mask: Any, name: str) -> None:
    """Refuse what is not a boolean array: 0 and 1, a float mask, a list.

    Raises:
        TypeError: naming what was given.
    """
    kind = str(getattr(mask, "dtype", type(mask).__name__))
    if kind != "bool":
        raise TypeError(f"{name} must be a boolean array, got {kind}")
