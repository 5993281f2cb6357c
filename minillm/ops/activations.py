"""The non-linear functions between layers: sigmoid and its logarithm, relu, silu, gelu."""

from __future__ import annotations

import math

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, erf, where_or_0


@op
def sigmoid(x: Array, /) -> tuple[Array, VJP]:
    """The logistic function, a number between 0 and 1::

        y = 1 / (1 + exp(-x))                      dL/dx = g y (1 - y)

    Shapes: any, kept.

    For x < 0 it is computed as ``exp(x) / (1 + exp(x))``, the same number: ``exp(-x)`` would
    overflow.

    Guide: 4.2.1 (G12).
    """
    xp = array_module(x)
    y = xp.exp(xp.minimum(x, 0.0)) / (1.0 + xp.exp(-xp.abs(x)))  # both exponents at most 0
    return y, lambda g: (g * y * (1.0 - y),)


@op
def softplus(x: Array, /) -> tuple[Array, VJP]:
    """A smooth maximum of x and 0::

        y = ln(1 + exp(x))                         dL/dx = g / (1 + exp(-x))

    Shapes: any, kept.

    It is computed as ``max(x, 0) + ln(1 + exp(-|x|))``, the same number: ``exp(x)`` would overflow.

    Source: Glorot, Bordes & Bengio 2011, "Deep Sparse Rectifier Neural Networks".
    """
    xp = array_module(x)
    y = xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))
    return y, lambda g: (g * sigmoid.run(x)[0],)


@op
def log_sigmoid(x: Array, /) -> tuple[Array, VJP]:
    """The logarithm of the logistic function::

        y = ln(1 / (1 + exp(-x)))                  dL/dx = g / (1 + exp(x))

    Shapes: any, kept.

    It is ``-softplus(-x)``.  Not ``log(sigmoid(x))``: a probability below the smallest float would
    give -inf, while its logarithm is an ordinary number.

    Guide: 4.2.1 (G12).
    """
    y, vjp = softplus.run(-x)
    return -y, vjp


@op
def relu(x: Array, /) -> tuple[Array, VJP]:
    """The positive part::

        y = max(x, 0)        dL/dx = g where x > 0, else 0     (at the kink, x = 0, it is 0)

    Shapes: any, kept.

    The 0 stands against any g: under a root, as in √relu(x), an infinite one arrives.

    Source: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    Guide: 4.1.3 (G19).
    """
    return array_module(x).maximum(x, 0.0), lambda g: (where_or_0(x > 0, g),)


@op
def silu(x: Array, /) -> tuple[Array, VJP]:
    """Each input times its own sigmoid; also called swish::

        s = 1 / (1 + exp(-x)),   y = x s           dL/dx = g s (1 + x (1 - s))

    Shapes: any, kept.

    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units (GELUs)", section 2.
    """
    s, _ = sigmoid.run(x)
    xp = array_module(x)

    def vjp(g: Array) -> tuple[Array]:
        near = xp.clip(x, -800.0, 800.0)  # beyond, s is 0 or 1, and 0 times infinity is NaN
        return (g * s * (1.0 + near * (1.0 - s)),)

    return xp.maximum(x, -800.0) * s, vjp


@op
def gelu(x: Array, /) -> tuple[Array, VJP]:
    """Each input times the share of a normal distribution below it::

        Φ(x) = (1 + erf(x / √2)) / 2,   φ(x) = exp(-x² / 2) / √(2π)
        y = x Φ(x)           dL/dx = g (Φ(x) + x φ(x))

    Shapes: any, kept.

    This is the exact form; ``gelu_tanh`` is an approximation of it.

    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units (GELUs)", section 2.
    Guide: 4.1.3 (G19).
    """
    xp = array_module(x)
    below = 0.5 * (1.0 + erf(x * math.sqrt(0.5)))

    def vjp(g: Array) -> tuple[Array]:
        near = xp.clip(x, -40.0, 40.0)  # beyond, φ is 0 and the square could overflow
        density = xp.exp(-0.5 * near * near) * (1.0 / math.sqrt(2.0 * math.pi))
        return (g * (below + near * density),)

    return xp.maximum(x, -40.0) * below, vjp  # there Φ is 0, and -inf times 0 is NaN


@op
def gelu_tanh(x: Array, /) -> tuple[Array, VJP]:
    """The approximation of ``gelu`` that GPT-2 was trained with; it is within 0.0005 of it::

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
        return (0.5 * g * (1.0 + t + near * slope_of_t),)

    return 0.5 * xp.maximum(x, -40.0) * (1.0 + t), vjp
