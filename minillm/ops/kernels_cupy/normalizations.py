"""Layer normalization, a row to each block of threads; kept are the input and two numbers a row."""

from __future__ import annotations

from minillm.autograd import VJP
from minillm.backend import Array, array_module
from minillm.ops.kernels_cupy.launching import blocks_for, check_known, in_one_piece, launch
from minillm.ops.normalization import layer_norm, rms_norm

ROWS = 64  # whose gradients of gain and bias one thread adds up; layer_norm.cu says so too


def layer_norm_on_device(
    x: Array,
    gain: Array,
    bias: Array,
    /,
    *,
    eps: float = 1e-5,
    wanted: tuple[bool, ...] = (True, True, True),
) -> tuple[Array, VJP]:
    """``layer_norm``, whatever the numbers are."""
    check_known("layer_norm", x, gain, bias)
    if not is_plain(x, gain, bias, eps=eps):
        return layer_norm.rule(x, gain, bias, eps=eps)
    return in_blocks(x, gain, bias, eps, wanted)


def rms_norm_on_device(
    x: Array, gain: Array, /, *, eps: float = 1e-6, wanted: tuple[bool, ...] = (True, True)
) -> tuple[Array, VJP]:
    """``rms_norm`` in the same way: without a mean, and with a bias that is not looked at."""
    check_known("rms_norm", x, gain)
    if not is_plain(x, gain, eps=eps):
        return rms_norm.rule(x, gain, eps=eps)
    y, vjp = in_blocks(x, gain, None, eps, (*wanted, False))
    return y, lambda g: vjp(g)[:2]


def is_plain(x: Array, *others: Array, eps: float) -> bool:
    """Whether everything fits together; errors are the rule's."""
    array_module(x, *others)
    fits = all(other.shape == x.shape[-1:] and other.dtype == x.dtype for other in others)
    return bool(fits and x.ndim > 0 and x.shape[-1] > 0 and eps >= 0.0)


def in_blocks(
    x: Array, gain: Array, bias: Array | None, eps: float, wanted: tuple[bool, ...]
) -> tuple[Array, VJP]:
    """The kernels of ``layer_norm.cu``, centred where there is a bias."""
    xp, dtype, width = array_module(x), x.dtype, x.shape[-1]
    rows, centred = x.size // width, bias is not None
    x, gain = in_one_piece(x), in_one_piece(gain)
    y, mean, s = xp.empty(x.shape, dtype), xp.empty(rows, dtype), xp.empty(rows, dtype)
    shift = gain if bias is None else in_one_piece(bias)
    given = y, mean, s, x, gain, shift, float(eps) ** 0.5, centred, width
    launch("layer_norm", "layer_norm_forward", rows, *given, dtype=dtype)

    def vjp(g: Array) -> tuple[Array | None, ...]:
        g, dx = in_one_piece(g), None
        if wanted[0]:
            dx = xp.empty(x.shape, dtype)
            given = dx, g, x, gain, mean, s, centred, width
            launch("layer_norm", "layer_norm_backward", rows, *given, dtype=dtype)
        return dx, *of_gain_and_bias(g, x, mean, s, wanted[1:])

    return y, vjp


def of_gain_and_bias(
    g: Array, x: Array, mean: Array, s: Array, wanted: tuple[bool, ...]
) -> tuple[Array | None, Array | None]:
    """The gradients of gain and bias: sums of ``ROWS`` rows each, which are then added up."""
    if not any(wanted):
        return None, None
    xp, width, rows = array_module(x), x.shape[-1], mean.size
    parts = -(-rows // ROWS)
    dgain, dbias = (xp.empty((parts, width), x.dtype) for _ in range(2))
    given = dgain, dbias, g, x, mean, s, rows, width
    launch("layer_norm", "layer_norm_gradients", parts * blocks_for(width), *given, dtype=x.dtype)
    of_gain, of_bias = wanted
    return dgain.sum(axis=0) if of_gain else None, dbias.sum(axis=0) if of_bias else None
