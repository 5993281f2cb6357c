"""Layer normalization, with the mean taken off and without."""

from __future__ import annotations

from minillm.autograd import VJP, op, unbroadcast
from minillm.backend import Array


@op
def layer_norm(x: Array, gain: Array, bias: Array, /, *, eps: float = 1e-5) -> tuple[Array, VJP]:
    """Give every position mean 0 and variance 1 over its features, then scale and shift.

        z = (x - mean(x)) / s,   s = sqrt(var(x) + eps)        y = gain * z + bias
        dL/dz = gain * g =: h          dL/dx = (h - mean(h) - z * mean(h * z)) / s
        dL/dgain = sum of g * z        dL/dbias = sum of g     (over all positions)

    Shapes: ``x (..., D), gain (D,), bias (D,) -> (..., D)``.  ``mean`` and ``var`` run
    over the last axis; ``var`` divides by D, not D - 1.

    Raises:
        ValueError: ``gain`` or ``bias`` is not ``(D,)``, or D is 0.
    Source: Ba, Kiros & Hinton 2016, "Layer Normalization", eq. 4.
    """
    width = x.shape[-1:]
    if width in ((), (0,)):
        raise ValueError(f"layer_norm: x {x.shape} has no features to normalise")
    if gain.shape != width or bias.shape != width:
        given = f"{gain.shape} and {bias.shape}"
        raise ValueError(f"layer_norm: x {x.shape} needs gain and bias {width}, got {given}")
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    s = (variance + float(eps)) ** 0.5  # a NumPy float64 would turn float32 into float64
    z = centred / s

    def vjp(g: Array) -> tuple[Array, Array, Array]:
        h = gain * g
        mean_h, mean_hz = h.mean(axis=-1, keepdims=True), (h * z).mean(axis=-1, keepdims=True)
        grad_x = (h - mean_h - z * mean_hz) / s
        return grad_x, unbroadcast(g * z, width), unbroadcast(g, width)

    return gain * z + bias, vjp


@op
def rms_norm(x: Array, gain: Array, /, *, eps: float = 1e-6) -> tuple[Array, VJP]:
    """Give every position a mean square of 1 over its features, then scale.

        z = x / r,   r = sqrt(mean(x²) + eps)          y = gain * z
        dL/dz = gain * g =: h                          dL/dx = (h - z * mean(h * z)) / r
        dL/dgain = sum of g * z     (over all positions)

    Shapes: ``x (..., D), gain (D,) -> (..., D)``.  ``mean`` runs over the last axis.

    Layer normalization without its mean and its bias: what it keeps is that the scale of ``x``
    does not matter; that a shift does not matter, it gives up.

    Raises:
        ValueError: ``gain`` is not ``(D,)``, or D is 0.
    Source: Zhang & Sennrich 2019, "Root Mean Square Layer Normalization", eq. 4.
    """
    width = x.shape[-1:]
    if width in ((), (0,)):
        raise ValueError(f"rms_norm: x {x.shape} has no features to normalise")
    if gain.shape != width:
        raise ValueError(f"rms_norm: x {x.shape} needs a gain {width}, got {gain.shape}")
    r = ((x * x).mean(axis=-1, keepdims=True) + float(eps)) ** 0.5
    z = x / r

    def vjp(g: Array) -> tuple[Array, Array]:
        h = gain * g
        grad_x = (h - z * (h * z).mean(axis=-1, keepdims=True)) / r
        return grad_x, unbroadcast(g * z, width)

    return gain * z, vjp
