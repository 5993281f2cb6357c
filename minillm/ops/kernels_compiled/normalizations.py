"""Layer normalization row by row, each row read from memory once."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.autograd import VJP
from minillm.backend import Array
from minillm.backend.compilation import FLAG, NUMBER, filled, given, loop, single
from minillm.backend.scratch import aligned_empty
from minillm.ops.kernels_compiled.single import is_single
from minillm.ops.kernels_numpy import normalizations
from minillm.ops.kernels_numpy.normalizations import layer_norm_in_rows, rms_norm_in_rows

ZERO, ONE = single(0.0, 1.0)
LEAST, MOST, FARTHEST = single(normalizations.LEAST, normalizations.MOST, normalizations.FARTHEST)
BLOCK = 64  # rows whose gradients of gain and bias are added up before they join the others


def layer_norm_in_loops(
    x: Array,
    gain: Array,
    bias: Array,
    /,
    *,
    eps: float = 1e-5,
    wanted: tuple[bool, ...] = (True, True, True),
) -> tuple[Array, VJP]:
    """``layer_norm`` in float32, where no row's squares are beyond the ordinary."""
    answer = in_loops(x, gain, bias, eps=eps, centred=True)
    if answer is None:
        return layer_norm_in_rows(x, gain, bias, eps=eps, wanted=wanted)
    y, gradients = answer
    return y, lambda g: asked(gradients(g), wanted)


def rms_norm_in_loops(
    x: Array,
    gain: Array,
    /,
    *,
    eps: float = 1e-6,
    wanted: tuple[bool, ...] = (True, True),
) -> tuple[Array, VJP]:
    """``rms_norm`` in the same way: without a mean, and with a bias of 0."""
    answer = in_loops(x, gain, np.zeros_like(gain), eps=eps, centred=False)
    if answer is None:
        return rms_norm_in_rows(x, gain, eps=eps, wanted=wanted)
    y, gradients = answer
    return y, lambda g: asked(gradients(g)[:2], wanted)


def asked(gradients: tuple[Array, ...], wanted: tuple[bool, ...]) -> tuple[Array | None, ...]:
    """Those that are wanted."""
    return tuple(g if yes else None for g, yes in zip(gradients, wanted, strict=True))


def in_loops(
    x: Array, gain: Array, bias: Array, *, eps: float, centred: bool
) -> tuple[Array, VJP] | None:
    """Output and VJP; ``None`` where it is not for the loops."""
    if not (normalizations.is_ordinary(x, gain, bias, eps=eps) and is_single(x, gain, bias)):
        return None
    rows = x.reshape(-1, x.shape[-1])
    y = aligned_empty(x.shape, x.dtype)
    mean, inverse = (np.empty(len(rows), x.dtype) for _ in range(2))
    if not normalize(rows, gain, bias, y.reshape(rows.shape), mean, inverse, eps, centred):
        return None

    def vjp(g: Array) -> tuple[Array, Array, Array]:
        dx = aligned_empty(x.shape, x.dtype)
        blocks = (len(rows) + BLOCK - 1) // BLOCK
        dgain, dbias = (np.zeros((blocks, rows.shape[1]), x.dtype) for _ in range(2))
        flat = np.require(g, x.dtype, ["C", "A"]).reshape(rows.shape)
        add_gradients(
            flat, rows, gain, mean, inverse, dx.reshape(rows.shape), dgain, dbias, centred
        )
        return dx, dgain.sum(axis=0), dbias.sum(axis=0)

    return y, vjp


@loop(
    *(given(2), given(1), given(1), filled(2), filled(1), filled(1), NUMBER, FLAG),
    returns=FLAG,
    sums=True,
)
def normalize(
    x: Any, gain: Any, bias: Any, y: Any, mean: Any, inverse: Any, eps: Any, centred: bool
) -> bool:
    """``y = gain (x - mean) inverse + bias``; not if a row is beyond the ordinary."""
    rows, width = x.shape
    each = ONE / np.float32(width)
    for i in range(rows):
        middle, square = ZERO, ZERO
        if centred:
            for j in range(width):
                middle += x[i, j]
            middle *= each
        for j in range(width):
            square += (x[i, j] - middle) * (x[i, j] - middle)
        square *= each
        if not (LEAST < square < MOST and middle * middle <= FARTHEST * square):  # NaN too
            return False
        scale = ONE / np.sqrt(square + eps)
        mean[i], inverse[i] = middle, scale
        for j in range(width):
            y[i, j] = (x[i, j] - middle) * scale * gain[j] + bias[j]
    return True


@loop(
    *(given(2), given(2), given(1), given(1), given(1), filled(2), filled(2), filled(2), FLAG),
    sums=True,
)
def add_gradients(
    g: Any,
    x: Any,
    gain: Any,
    mean: Any,
    inverse: Any,
    dx: Any,
    dgain: Any,
    dbias: Any,
    centred: bool,
) -> None:
    """``dx``, and those of gain and bias added to the row of their block."""
    rows, width = x.shape
    each = ONE / np.float32(width)
    for i in range(rows):
        block = i // BLOCK
        mean_h, mean_hz = ZERO, ZERO
        for j in range(width):
            z = (x[i, j] - mean[i]) * inverse[i]
            h = g[i, j] * gain[j]
            mean_h += h
            mean_hz += h * z
            dgain[block, j] += g[i, j] * z
            dbias[block, j] += g[i, j]
        mean_h = mean_h * each if centred else ZERO
        mean_hz *= each
        for j in range(width):
            z = (x[i, j] - mean[i]) * inverse[i]
            dx[i, j] = (g[i, j] * gain[j] - mean_h - z * mean_hz) * inverse[i]
