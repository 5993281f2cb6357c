"""The error function, which NumPy does not have."""

from __future__ import annotations

import functools
import math

import numpy as np

from minillm.backend.arrays import Array, array_module

# Chebyshev coefficients of (|x| + 2) exp(x^2) erfc(|x|) as a function of u = (|x| - 2)/(|x| + 2),
# fitted at the 25 Chebyshev nodes with 40-digit arithmetic.
SERIES = (
    1.1540674772329385,
    -0.710873842540999,
    0.13019031765757105,
    -0.007342284791675258,
    -0.0022256894867072165,
    0.0003215165983056454,
    6.556063148158945e-05,
    -1.0884883292833057e-05,
    -3.030933112399859e-06,
    2.859521619222646e-07,
    1.6469217491840087e-07,
    2.5925678180487757e-09,
    -8.309444730739813e-09,
    -1.2694130348824852e-09,
    2.8641516997811623e-10,
    1.2320661784905461e-10,
    4.121348140634836e-12,
    -7.143956933159602e-12,
    -1.7181424662437217e-12,
    1.2217024638703297e-13,
    1.4775219519284955e-13,
    2.5290811460929323e-14,
    -5.0919194662918065e-15,
    -3.4084880378704706e-15,
    -6.540017599031783e-16,
)

# Coefficients of artanh(erf(x)) / x in powers of x^2, fitted for |x| <= 4 so that the largest
# relative error of erf is as small as it gets, 7.1e-8.
INSIDE_TANH = (
    1.128379246757456,
    0.1027698681151378,
    -0.00019529769157283208,
    -0.0006148292132207608,
    8.459259170941208e-05,
    -4.7937391023118954e-06,
    2.7487822240827783e-08,
    5.424940729329521e-09,
)


def erf(x: Array) -> Array:
    """The Gauss error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x::

        float32         erf(x) = tanh(x V(x^2)), the idea of gelu_tanh with more terms
        float64, far    erf(x) = sign(x) (1 - exp(-x^2) P(u) / (|x| + 2)),
                        u = (|x| - 2) / (|x| + 2)
        float64, near   erf(x) = x Q(x^2), the Taylor series, for |x| < 1/4

    The first has as many right digits near 0 as elsewhere and is fast, for training is in float32;
    float64 would need too many terms of it.  ``u`` maps [0, inf) onto [-1, 1), where the remaining
    factor is so smooth that one polynomial serves the whole line; but near 0 the difference from 1
    would lose the small result, so that 1e-20 would become 0.  Largest relative error 2e-15 in
    float64, 4e-7 in float32; float16 is computed in float32.

    Shapes: any, kept; the dtype is kept too.
    """
    if x.dtype.itemsize < 8:
        return erf_in_single(x.astype("float32", copy=False)).astype(x.dtype, copy=False)
    xp = array_module(x)
    size = xp.minimum(xp.abs(x), 30.0)  # erf is 1 long before; a larger square could overflow
    p = horner((size - 2.0) / (size + 2.0), polynomial())
    far = xp.copysign(1.0 - xp.exp(-size * size) * p / (size + 2.0), x)
    small = xp.copysign(xp.minimum(size, 0.25), x)
    return xp.where(size < 0.25, small * horner(small * small, taylor(10)), far)


def erf_in_single(x: Array) -> Array:
    """``erf`` in float32."""
    xp = array_module(x)
    x = xp.clip(x, -4.0, 4.0)  # erf rounds to -1 or 1 beyond
    inside = horner(x * x, INSIDE_TANH)
    inside *= x
    return xp.tanh(inside)


def horner(x: Array, coefficients: tuple[float, ...]) -> Array:
    """The polynomial with these coefficients of 1, x, x^2, ...; in place, for this is hot."""
    p = array_module(x).full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        p *= x
        p += coefficient
    return p


@functools.cache
def taylor(terms: int) -> tuple[float, ...]:
    """The coefficients 2/sqrt(pi) (-1)^n / (n! (2n + 1)) of erf(x) / x in powers of x^2."""
    scale = 2.0 / math.sqrt(math.pi)
    return tuple(scale * (-1.0) ** n / (math.factorial(n) * (2 * n + 1)) for n in range(terms))


@functools.cache
def polynomial() -> tuple[float, ...]:
    """The Chebyshev series as coefficients of 1, u, u^2, ..."""
    return tuple(np.polynomial.chebyshev.cheb2poly(SERIES).tolist())
