"""The non-linear functions between layers: sigmoid, relu, silu, gelu."""

from __future__ import annotations

import math

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, erf


@op
def sigmoid(x: Array, /) -> tuple[Array, VJP]:
    """The logistic function, a number between 0 and 1.

        y = 1 / (1 + exp(-x))                      dL/dx = g y (1 - y)

    Shapes: any, kept.

    For x < 0 it is computed as ``exp(x) / (1 + exp(x))``, the same number: ``exp(-x)`` would
    overflow.
    """
    xp = array_module(x)
    e = xp.exp(-xp.abs(x))  # at most 1
    y = xp.where(x < 0.0, e, 1.0) / (1.0 + e)
    return y, lambda g: (g * y * (1.0 - y),)


@op
def relu(x: Array, /) -> tuple[Array, VJP]:
    """The positive part.

        y = max(x, 0)        dL/dx = g where x > 0, else 0     (at the kink, x = 0, it is 0)

    Shapes: any, kept.

    Source: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    """
    return array_module(x).maximum(x, 0.0), lambda g: (g * (x > 0),)


@op
def silu(x: Array, /) -> tuple[Array, VJP]:
    """Each input times its own sigmoid; also called swish.

        s = 1 / (1 + exp(-x)),   y = x s           dL/dx = g s (1 + x (1 - s))

    Shapes: any, kept.

    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units (GELUs)", section 2.
    """
    s, _ = sigmoid.run(x)
    return x * s, lambda g: (g * s * (1.0 + x * (1.0 - s)),)


@op
def gelu(x: Array, /) -> tuple[Array, VJP]:
    """Each input times the share of a normal distribution below it.

        Φ(x) = (1 + erf(x / √2)) / 2,   φ(x) = exp(-x² / 2) / √(2π)
        y = x Φ(x)           dL/dx = g (Φ(x) + x φ(x))

    Shapes: any, kept.

    This is the exact form; ``gelu_tanh`` is an approximation of it.

    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units (GELUs)", section 2.
    """
    below = 0.5 * (1.0 + erf(x * math.sqrt(0.5)))

    def vjp(g: Array) -> tuple[Array]:
        xp = array_module(x)
        near = xp.clip(x, -40.0, 40.0)  # beyond, φ is 0 and the square could overflow
        density = xp.exp(-0.5 * near * near) * (1.0 / math.sqrt(2.0 * math.pi))
        return (g * (below + x * density),)

    return x * below, vjp


@op
def gelu_tanh(x: Array, /) -> tuple[Array, VJP]:
    """The approximation of ``gelu`` that GPT-2 was trained with; it is within 0.0005 of it.

        t = tanh(a (x + b x³)),   a = √(2/π),   b = 0.044715
        y = x (1 + t) / 2         dL/dx = g ((1 + t) + x (1 - t²) a (1 + 3 b x²)) / 2

    Shapes: any, kept.

    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units (GELUs)", section 2.
    """
    a, b = math.sqrt(2.0 / math.pi), 0.044715
    xp = array_module(x)
    near = xp.clip(x, -40.0, 40.0)  # beyond, t is -1 or 1 and the cube could overflow
    t = xp.tanh(a * (near + b * near * near * near))

    def vjp(g: Array) -> tuple[Array]:
        slope_of_t = (1.0 - t * t) * (a * (1.0 + 3.0 * b * near * near))
        return (0.5 * g * (1.0 + t + x * slope_of_t),)

    return 0.5 * x * (1.0 + t), vjp
