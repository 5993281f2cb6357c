"""GELU with its derivative made in the same pass, while the numbers are in the cache."""

from __future__ import annotations

import math

import numpy as np

from minillm.autograd import VJP
from minillm.backend import Array, quiet
from minillm.backend.scratch import aligned_empty, scratch
from minillm.backend.special import INSIDE_TANH
from minillm.ops.activations import gelu
from minillm.ops.kernels_numpy.plain import chunks, is_plain

# erf(x / sqrt 2) = tanh(x Q(x^2)): the coefficients of erf, for another argument
IN_X = tuple(c * math.sqrt(0.5) * 0.5**n for n, c in enumerate(INSIDE_TANH))
FAR = 40.0**2  # of x^2; beyond, the rule knows what infinity means


def gelu_in_one_pass(x: Array, /, *, wanted: tuple[bool, ...] = (True,)) -> tuple[Array, VJP]:
    """``gelu`` in float32; the backward pass is one product with the slope that is there already.

    Measured: see the table of ``python -m minillm bench``.
    """
    if not is_plain(x):
        return gelu.rule(x)
    y, slope = aligned_empty(x.shape, x.dtype), None
    if wanted[0]:
        slope = aligned_empty(x.shape, x.dtype)
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    flat_slope = slope.reshape(-1) if slope is not None else None
    for part in chunks(x.size):
        z = flat_x[part]
        with quiet(overflow=True):
            u = np.multiply(z, z, out=scratch("gelu.u", z.shape, z.dtype))
        if not u.max() < FAR:  # NaN too
            return gelu.rule(x)
        p = np.multiply(u, IN_X[-1], out=scratch("gelu.p", z.shape, z.dtype))
        for c in IN_X[-2:0:-1]:
            p += c
            p *= u
        p += IN_X[0]
        p *= z
        np.tanh(p, out=p)
        p *= 0.5
        p += 0.5  # the share of a normal distribution below x
        np.multiply(z, p, out=flat_y[part])
        if flat_slope is not None:
            u *= -0.5
            np.exp(u, out=u)
            u *= z
            u *= 1.0 / math.sqrt(2.0 * math.pi)
            np.add(u, p, out=flat_slope[part])
    return y, lambda g: (g * slope,)
