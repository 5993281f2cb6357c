"""Layer normalization in rows that stay in the cache, with all sums made by BLAS.

A gain of D numbers times rows of D numbers goes row by row, and a short row costs more to begin
than to do.  So gain and bias are laid out once as often as a chunk has rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minillm.autograd import VJP
from minillm.backend import Array, quiet
from minillm.backend.scratch import aligned_empty, scratch
from minillm.ops.kernels_numpy import plain
from minillm.ops.normalization import layer_norm, rms_norm

# of a mean square: far from where float32 overflows, and from where it has few digits left
LEAST, MOST = 1e-24, 1e24
FARTHEST = 100.0  # a squared mean, in mean squares of what is left: digits are lost beyond


def layer_norm_in_rows(
    x: Array,
    gain: Array,
    bias: Array,
    /,
    *,
    eps: float = 1e-5,
    wanted: tuple[bool, ...] = (True, True, True),
) -> tuple[Array, VJP]:
    """``layer_norm`` in float32, where no row's squares are beyond the ordinary."""
    answer = normalized(x, gain, bias, eps, wanted)
    if answer is None:
        return layer_norm.rule(x, gain, bias, eps=eps)
    y, z, inverse = answer

    def vjp(g: Array) -> tuple[Array | None, ...]:
        dx, dgain, dbias = gradients(g, gain, z, inverse, wanted, centred=True)
        return dx, dgain, dbias

    return y, vjp


def rms_norm_in_rows(
    x: Array,
    gain: Array,
    /,
    *,
    eps: float = 1e-6,
    wanted: tuple[bool, ...] = (True, True),
) -> tuple[Array, VJP]:
    """``rms_norm`` in float32, where no row's squares are beyond the ordinary."""
    answer = normalized(x, gain, None, eps, wanted)
    if answer is None:
        return rms_norm.rule(x, gain, eps=eps)
    y, z, inverse = answer

    def vjp(g: Array) -> tuple[Array | None, ...]:
        dx, dgain, _ = gradients(g, gain, z, inverse, (*wanted, False), centred=False)
        return dx, dgain

    return y, vjp


def is_ordinary(x: Array, *others: Array, eps: float) -> bool:
    """Whether everything is plain float32 of the right shape."""
    return (
        eps >= 0.0
        and x.ndim > 0
        and all(other.shape == x.shape[-1:] for other in others)
        and plain.is_plain(x, *others)
        and x.size > 0
    )


def normalized(
    x: Array, gain: Array, bias: Array | None, eps: float, wanted: tuple[bool, ...]
) -> tuple[Array, Array | None, Array] | None:
    """Output, ``z`` where it is needed again, and 1/s of each row; ``None`` if it is the rule's.

    With a ``bias``, the mean is taken off.
    """
    if not is_ordinary(x, gain, *([] if bias is None else [bias]), eps=eps):
        return None
    width = x.shape[-1]
    rows = x.reshape(-1, width)
    y, z = aligned_empty(x.shape, x.dtype), None
    if any(wanted):
        z = aligned_empty(rows.shape, x.dtype)
    inverse = np.empty((rows.shape[0], 1), x.dtype)
    mean, mean_square = np.zeros(rows.shape[0], x.dtype), np.empty(rows.shape[0], x.dtype)
    mean_of = np.full(width, 1.0 / width, x.dtype)
    gains = laid_out("norm.gain", gain, rows.shape[0])
    biases = None if bias is None else laid_out("norm.bias", bias, rows.shape[0])
    for part in row_chunks(rows):
        some = rows[part]
        out = z[part] if z is not None else scratch("norm.z", some.shape, x.dtype)
        with quiet(overflow=True):
            if bias is not None:
                mean[part] = some @ mean_of
                some = np.subtract(some, mean[part, None], out=out)
            mean_square[part] = np.vecdot(some, some) / x.dtype.type(width)
            inverse[part, 0] = 1.0 / np.sqrt(mean_square[part] + eps)
            np.multiply(some, inverse[part], out=out)
            flat = np.multiply(out, gains[: len(out)], out=y.reshape(rows.shape)[part])
            if biases is not None:
                flat += biases[: len(out)]
    return (y, z, inverse) if are_ordinary(mean, mean_square) else None


def are_ordinary(mean: Array, mean_square: Array) -> bool:
    """Whether float32 has enough digits for every row: no large squares, no mean far from 0."""
    with quiet(overflow=True):
        near = (mean * mean <= FARTHEST * mean_square).all()
    return bool(near and mean_square.min() > LEAST and mean_square.max() < MOST)  # NaN: no


def row_chunks(rows: Array) -> Iterator[slice]:
    """The rows of a matrix, some at a time."""
    return plain.chunks(rows.shape[0], max(1, plain.CHUNK // rows.shape[1]))


def laid_out(name: str, vector: Array, n_rows: int) -> Array:
    """The vector once for each row of a chunk, in scratch."""
    width = vector.size
    matrix = scratch(name, (min(n_rows, max(1, plain.CHUNK // width)), width), vector.dtype)
    matrix[...] = vector
    return matrix


def gradients(
    g: Array,
    gain: Array,
    z: Array,
    inverse: Array,
    wanted: tuple[bool, ...],
    *,
    centred: bool,
) -> tuple[Array | None, Array | None, Array | None]:
    """Those of x, gain and bias that are wanted."""
    width = z.shape[-1]
    flat = g.reshape(z.shape)
    dx = aligned_empty(g.shape, g.dtype) if wanted[0] else None
    dgain, dbias = (np.zeros(width, g.dtype) if asked else None for asked in wanted[1:])
    mean_of, mean_gain = np.full(width, 1.0 / width, g.dtype), gain / g.dtype.type(width)
    gains = laid_out("norm.gain", gain, z.shape[0])
    for part in row_chunks(z):
        g_here, z_here = flat[part], z[part]
        ones = np.ones(len(g_here), g.dtype)
        if dbias is not None:
            dbias += ones @ g_here
        hz = np.multiply(g_here, z_here, out=scratch("norm.squares", z_here.shape, g.dtype))
        if dgain is not None:
            dgain += ones @ hz
        if dx is None:
            continue
        mean_hz = hz @ mean_gain
        h = np.multiply(g_here, gains[: len(hz)], out=dx.reshape(z.shape)[part])
        if centred:
            h -= (h @ mean_of)[:, None]
        h -= np.multiply(z_here, mean_hz[:, None], out=hz)
        h *= inverse[part]
    return dx, dgain, dbias
