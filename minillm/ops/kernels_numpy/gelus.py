"""GELU with its derivative made in the same pass, while the numbers are in the cache."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from minillm.autograd import VJP
from minillm.backend import Array
from minillm.backend.scratch import aligned_empty, scratch
from minillm.ops.activations import gelu, gelu_tanh
from minillm.ops.kernels_numpy.plain import chunks, is_plain

# 2 Φ(x) - 1 = tanh(x Q(x²)): Q by least squares on 0 < x <= 6, its weights raised again and again
# where the error of Φ was largest (Lawson 1961), until it is nowhere above 3e-8.  One term fewer
# than erf has, which is to be right near 0 in relation to itself.
IN_X = (
    7.97884941e-01,
    3.63330844e-02,
    -3.25947438e-05,
    -5.53063171e-05,
    3.96477321e-06,
    -1.32266284e-07,
    1.75627759e-09,
)
A, B = math.sqrt(2.0 / math.pi), 0.044715
FAR = 40.0  # beyond, the rule knows what infinity means


def gelu_in_one_pass(x: Array, /, *, wanted: tuple[bool, ...] = (True,)) -> tuple[Array, VJP]:
    """``gelu`` in float32; backward is one product with the slope that is there already."""
    return in_one_pass(gelu.rule, fill_exact, x, wanted)


def gelu_tanh_in_one_pass(x: Array, /, *, wanted: tuple[bool, ...] = (True,)) -> tuple[Array, VJP]:
    """``gelu_tanh`` in the same way."""
    return in_one_pass(gelu_tanh.rule, fill_tanh, x, wanted)


def in_one_pass(
    rule: Callable, fill: Callable[..., None], x: Array, wanted: tuple[bool, ...]
) -> tuple[Array, VJP]:
    """``fill`` writes output and slope of a chunk; ``x`` beyond the ordinary goes to the rule."""
    if not is_plain(x) or not -FAR < x.min() <= x.max() < FAR:  # NaN too
        return rule(x)
    y, slope = aligned_empty(x.shape, x.dtype), None
    if wanted[0]:
        slope = aligned_empty(x.shape, x.dtype)
    for part in chunks(x.size):
        z = x.reshape(-1)[part]
        u = np.multiply(z, z, out=scratch("gelu.u", z.shape, z.dtype))
        p = scratch("gelu.p", z.shape, z.dtype)
        fill(z, u, p, y.reshape(-1)[part], None if slope is None else slope.reshape(-1)[part])
    return y, lambda g: (g * slope,)


def fill_exact(z: Array, u: Array, p: Array, y: Array, slope: Array | None) -> None:
    """``y = z Φ(z)`` and ``slope = Φ(z) + z φ(z)``, where ``u = z²``; ``p`` is room to work in."""
    np.multiply(u, IN_X[-1], out=p)
    for c in IN_X[-2:0:-1]:
        p += c
        p *= u
    p += IN_X[0]
    p *= z
    np.tanh(p, out=p)
    p *= 0.5
    p += 0.5
    np.multiply(z, p, out=y)
    if slope is not None:
        u *= -0.5
        np.exp(u, out=u)
        u *= z
        u *= 1.0 / math.sqrt(2.0 * math.pi)
        np.add(u, p, out=slope)


def fill_tanh(z: Array, u: Array, p: Array, y: Array, slope: Array | None) -> None:
    """``y = z (1 + t) / 2``, ``slope = (1 + t) / 2 + z (1 - t²) a (1 + 3 b z²) / 2``."""
    np.multiply(u, A * B, out=p)
    p += A
    p *= z
    np.tanh(p, out=p)
    np.multiply(p, 0.5, out=y)
    y += 0.5
    if slope is not None:
        u *= 1.5 * A * B
        u += 0.5 * A
        u *= z
        p *= p
        np.subtract(1.0, p, out=p)
        u *= p
        np.add(u, y, out=slope)
    y *= z
