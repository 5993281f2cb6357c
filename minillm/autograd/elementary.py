"""The functions of a calculator: exp, log, sqrt, rsqrt, sin, cos, tanh, erf.

Outside its domain a function is NaN and at a pole it is infinite, and so is its gradient,
without a warning from NumPy: CuPy gives none either.
"""

from __future__ import annotations

import math

from minillm.autograd.recording import op
from minillm.autograd.tape import VJP
from minillm.backend import Array, array_module, quiet, special


@op
def exp(x: Array, /) -> tuple[Array, VJP]:
    """The exponential function.

        y = exp(x)           dL/dx = g y

    Shapes: any, kept.
    """
    y = array_module(x).exp(x)
    return y, lambda g: (g * y,)


@op
def log(x: Array, /) -> tuple[Array, VJP]:
    """The natural logarithm; -inf at 0, NaN below.

        y = ln(x)            dL/dx = g / x

    Shapes: any, kept.
    """

    def vjp(g: Array) -> tuple[Array]:
        with quiet():
            return (g / x,)

    with quiet():
        return array_module(x).log(x), vjp


@op
def sqrt(x: Array, /) -> tuple[Array, VJP]:
    """The square root; NaN below 0.

        y = √x               dL/dx = g / (2 y)     (infinite at 0, where the curve is vertical)

    Shapes: any, kept.
    """
    with quiet():
        y = array_module(x).sqrt(x)

    def vjp(g: Array) -> tuple[Array]:
        with quiet():
            return (0.5 * g / y,)

    return y, vjp


@op
def rsqrt(x: Array, /) -> tuple[Array, VJP]:
    """One over the square root, what a normalisation multiplies by; infinite at 0, NaN below.

        y = 1 / √x           dL/dx = -g y³ / 2

    Shapes: any, kept.
    """
    with quiet():
        y = 1.0 / array_module(x).sqrt(x)

    def vjp(g: Array) -> tuple[Array]:
        with quiet():
            return (-0.5 * g * y * y * y,)

    return y, vjp


@op
def sin(x: Array, /) -> tuple[Array, VJP]:
    """The sine of an angle in radians.

        y = sin(x)           dL/dx = g cos(x)

    Shapes: any, kept.
    """
    xp = array_module(x)
    return xp.sin(x), lambda g: (g * xp.cos(x),)


@op
def cos(x: Array, /) -> tuple[Array, VJP]:
    """The cosine of an angle in radians.

        y = cos(x)           dL/dx = -g sin(x)

    Shapes: any, kept.
    """
    xp = array_module(x)
    return xp.cos(x), lambda g: (-g * xp.sin(x),)


@op
def tanh(x: Array, /) -> tuple[Array, VJP]:
    """The hyperbolic tangent.

        y = tanh(x)          dL/dx = g (1 - y²)

    Shapes: any, kept.
    """
    y = array_module(x).tanh(x)
    return y, lambda g: (g * (1.0 - y * y),)


@op
def erf(x: Array, /) -> tuple[Array, VJP]:
    """The error function: how much of a normal distribution of variance 1/2 lies within ±x.

        y = 2/√π · integral of exp(-t²) from 0 to x       dL/dx = g · 2/√π · exp(-x²)

    Shapes: any, kept.
    """

    def vjp(g: Array) -> tuple[Array]:
        xp = array_module(x)
        near = xp.clip(x, -30.0, 30.0)  # beyond, the slope is 0 and the square could overflow
        return (g * xp.exp(-near * near) * (2.0 / math.sqrt(math.pi)),)

    return special.erf(x), vjp
