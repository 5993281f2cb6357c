"""Functions of one element: exp, log, tanh, relu, gelu."""

from __future__ import annotations

import math

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, erf


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
    """The natural logarithm; at 0 and below as in the array library (-inf, NaN).

        y = ln(x)            dL/dx = g / x

    Shapes: any, kept.
    """
    return array_module(x).log(x), lambda g: (g / x,)


@op
def tanh(x: Array, /) -> tuple[Array, VJP]:
    """The hyperbolic tangent.

        y = tanh(x)          dL/dx = g (1 - y²)

    Shapes: any, kept.
    """
    y = array_module(x).tanh(x)
    return y, lambda g: (g * (1.0 - y * y),)


@op
def relu(x: Array, /) -> tuple[Array, VJP]:
    """The positive part.

        y = max(x, 0)        dL/dx = g where x > 0, else 0     (at the kink, x = 0, it is 0)

    Shapes: any, kept.

    Source: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    """
    return array_module(x).maximum(x, 0.0), lambda g: (g * (x > 0),)


@op
def gelu(x: Array, /) -> tuple[Array, VJP]:
    """Each input times the share of a normal distribution below it.

        Φ(x) = (1 + erf(x / √2)) / 2,   φ(x) = exp(-x² / 2) / √(2π)
        y = x Φ(x)           dL/dx = g (Φ(x) + x φ(x))

    Shapes: any, kept.

    This is the exact form; the tanh formula of the same paper is an approximation of it.

    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units (GELUs)", section 2.
    """
    below = 0.5 * (1.0 + erf(x * math.sqrt(0.5)))

    def vjp(g: Array) -> tuple[Array]:
        xp = array_module(x)
        near = xp.clip(x, -40.0, 40.0)  # beyond, φ is 0 and the square could overflow
        density = xp.exp(-0.5 * near * near) * (1.0 / math.sqrt(2.0 * math.pi))
        return (g * (below + x * density),)

    return x * below, vjp
