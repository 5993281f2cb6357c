"""The error function, which NumPy does not have."""

from __future__ import annotations

import functools
import math

import numpy as np

from minillm.backend.arrays import Array, array_module, where_or_0
from minillm.backend.dtypes import wide_dtype

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
TERMS_FLOAT32 = 9  # the rest is below float32's rounding


def erf(x: Array) -> Array:
    """The Gauss error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x::

        far:    erf(x) = sign(x) (1 - exp(-x^2) P(u) / (|x| + 2)),    u = (|x| - 2) / (|x| + 2)
        near:   erf(x) = x Q(x^2),    the Taylor series, for |x| < 1/4

    ``u`` maps [0, inf) onto [-1, 1), where the remaining factor is so smooth that one
    polynomial serves the whole line.  Near 0 the difference from 1 would lose the small result, so
    that 1e-20 would become 0.  Largest relative error 2e-15 in float64, 1e-6 in float32; float16
    is computed in float32.

    Shapes: any, kept; the dtype is kept too.
    """
    xp = array_module(x)
    kind, x = x.dtype, x.astype(wide_dtype(x), copy=False)
    single = x.dtype.itemsize <= 4
    size = xp.minimum(xp.abs(x), 30.0)  # erf is 1 long before; a larger square could overflow
    u = (size - 2.0) / (size + 2.0)
    p = horner(u, polynomial(TERMS_FLOAT32 if single else len(SERIES)))
    far = 1.0 - xp.exp(-size * size) * p / (size + 2.0)
    small = xp.minimum(size, 0.25)
    near = small * horner(small * small, taylor(5 if single else 10))
    is_near = size < 0.25
    y = xp.copysign(where_or_0(is_near, near) + where_or_0(~is_near, far), x)
    return y.astype(kind, copy=False)


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
def polynomial(terms: int) -> tuple[float, ...]:
    """The first ``terms`` of the Chebyshev series as coefficients of 1, u, u^2, ..."""
    return tuple(np.polynomial.chebyshev.cheb2poly(SERIES[:terms]).tolist())
