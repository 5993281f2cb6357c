"""Layer normalization, with the mean taken off and without.

The root of the mean square is computed for numbers of any size: near 1e20 a square overflows in
float32, and near 1e-23 it is 0, but the root is an ordinary number.
"""

from __future__ import annotations

from minillm.autograd import VJP, op, unbroadcast
from minillm.backend import Array, array_module, check_one_dtype, quiet
from minillm.ops.precision import rounded, widened


@op
def layer_norm(x: Array, gain: Array, bias: Array, /, *, eps: float = 1e-5) -> tuple[Array, VJP]:
    """Give every position mean 0 and variance 1 over its features, then scale and shift::

        z = (x - mean(x)) / s,   s = sqrt(var(x) + eps)        y = gain * z + bias
        dL/dz = gain * g =: h          dL/dx = (h - mean(h) - z * mean(h * z)) / s
        dL/dgain = sum of g * z        dL/dbias = sum of g     (over all positions)

    Shapes: ``x (..., D), gain (D,), bias (D,) -> (..., D)``.  ``mean`` and ``var`` run
    over the last axis; ``var`` divides by D, not D - 1.

    Raises:
        ValueError: ``gain`` or ``bias`` is not ``(D,)``, D is 0, or ``eps`` is negative.
        TypeError: the dtypes differ.
    Source: Ba, Kiros & Hinton 2016, "Layer Normalization", eq. 4.
    Guide: 3.1 (G21).
    """
    check_one_dtype("layer_norm", x=x, gain=gain, bias=bias)
    width, dtype = x.shape[-1:], x.dtype
    if width in ((), (0,)):
        raise ValueError(f"layer_norm: x {x.shape} has no features to normalise")
    if gain.shape != width or bias.shape != width:
        given = f"{gain.shape} and {bias.shape}"
        raise ValueError(f"layer_norm: x {x.shape} needs gain and bias {width}, got {given}")
    with quiet(overflow=True):  # 0/0 where eps is 0 and all numbers are alike
        z = widened(x) - widened(x).mean(axis=-1, keepdims=True)
        s = root_mean_square(z, eps)
        z /= s  # in place, as nothing else has seen it: this is hot

    def vjp(g: Array) -> tuple[Array, Array, Array]:
        h = gain * widened(g)
        mean_h, mean_hz = h.mean(axis=-1, keepdims=True), (h * z).mean(axis=-1, keepdims=True)
        grad_x = (h - mean_h - z * mean_hz) / s
        full = grad_x, unbroadcast(g * z, width), unbroadcast(widened(g), width)
        return tuple(rounded(gradient, dtype) for gradient in full)

    y = gain * z
    y += bias
    return rounded(y, dtype), vjp


@op
def rms_norm(x: Array, gain: Array, /, *, eps: float = 1e-6) -> tuple[Array, VJP]:
    """Give every position a mean square of 1 over its features, then scale::

        z = x / r,   r = sqrt(mean(x²) + eps)          y = gain * z
        dL/dz = gain * g =: h                          dL/dx = (h - z * mean(h * z)) / r
        dL/dgain = sum of g * z     (over all positions)

    Shapes: ``x (..., D), gain (D,) -> (..., D)``.  ``mean`` runs over the last axis.

    Layer normalization without its mean and its bias: what it keeps is that the scale of ``x``
    does not matter; that a shift does not matter, it gives up.

    Raises:
        ValueError: ``gain`` is not ``(D,)``, D is 0, or ``eps`` is negative.
        TypeError: the dtypes differ.
    Source: Zhang & Sennrich 2019, "Root Mean Square Layer Normalization", eq. 4.
    """
    check_one_dtype("rms_norm", x=x, gain=gain)
    width, dtype = x.shape[-1:], x.dtype
    if width in ((), (0,)):
        raise ValueError(f"rms_norm: x {x.shape} has no features to normalise")
    if gain.shape != width:
        raise ValueError(f"rms_norm: x {x.shape} needs a gain {width}, got {gain.shape}")
    with quiet(overflow=True):  # 0/0 where eps is 0 and all numbers are
        r = root_mean_square(widened(x), eps)
        z = widened(x) / r

    def vjp(g: Array) -> tuple[Array, Array]:
        h = gain * widened(g)
        grad_x = (h - z * (h * z).mean(axis=-1, keepdims=True)) / r
        return rounded(grad_x, dtype), rounded(unbroadcast(g * z, width), dtype)

    return rounded(gain * z, dtype), vjp


def root_mean_square(x: Array, eps: float) -> Array:
    """``sqrt(mean(x²) + eps)`` over the last axis, also where the squares are beyond all floats.

    Shapes: ``x (..., D) -> (..., 1)``.

    The square of every float32 number is a float64 number.  Those of float64 are divided by a
    power of two first, which rounds nothing.

    Raises:
        ValueError: ``eps`` is negative or NaN.
    """
    if not eps >= 0.0:
        raise ValueError(f"normalisation: eps must not be negative, got {eps}")
    double = x.dtype.itemsize == 8
    k = magnitude(x, eps) if double else 1.0
    x = x / k if double else x.astype("float64")
    total = (x[..., None, :] @ x[..., :, None])[..., 0]  # (..., 1); faster than a sum of squares
    root = k * (total / x.shape[-1] + (float(eps) ** 0.5 / k) ** 2) ** 0.5
    return root if double else root.astype("float32")


def magnitude(x: Array, eps: float) -> Array:
    """For every position a power of two near the larger of its largest number and √eps.

    Shapes: ``x (..., D) -> (..., 1)``.
    """
    xp = array_module(x)
    largest = xp.maximum(xp.abs(x).max(axis=-1, keepdims=True), float(eps) ** 0.5)
    _, exponent = xp.frexp(largest)
    return xp.ldexp(xp.full_like(largest, 0.5), exponent)  # 2 ** exponent itself may overflow
