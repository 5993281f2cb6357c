"""Shorten a gradient that is too long; never turn it."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from numbers import Real

import numpy as np

from minillm.backend import Array, array_module, is_array, on_host, wide_dtype
from minillm.ops.kernels_numpy.plain import chunks

CHUNK = 1 << 16  # numbers


def clip_gradients(
    gradients: Iterable[Array | None], max_norm: float
) -> tuple[list[Array | None], Array]:
    """The gradients with a joint Euclidean norm of at most ``max_norm``, and the norm before::

        g <- g min(1, max_norm / |g|)

    New arrays are returned: two leaves may share one.  ``None`` stays ``None``.  A gradient that
    is not finite shows in the norm, for the caller to notice.  ``math.inf`` only measures: the
    gradients come back as they are, whatever their norm.

    The norm comes in the widest dtype of the gradients, float16 as float32; they are scaled by
    it before it is rounded to that.

    Raises:
        ValueError: ``max_norm`` is not a positive number, or there is no gradient at all.
        TypeError: a gradient is not an array of floats, or they belong to different libraries.
    Source: Pascanu, Mikolov & Bengio 2013, "On the Difficulty of Training Recurrent Neural
        Networks", algorithm 1.
    """
    if not (isinstance(max_norm, Real) and max_norm > 0):
        raise ValueError(f"max_norm must be positive, got {max_norm!r}")
    gradients = list(gradients)  # read twice: a generator would be used up
    norm, dtype = wide_norm("clip_gradients", gradients)
    xp = array_module(norm)
    with np.errstate(all="ignore"):  # what is not finite shows in the norm
        if max_norm == math.inf:
            clipped = [None if g is None else g.copy() for g in gradients]
        else:
            scale = xp.minimum(float(max_norm) / norm, 1.0)  # a norm of 0 divides to inf
            clipped = [None if g is None else scaled(g, scale) for g in gradients]
        return clipped, norm.astype(dtype)


def gradient_norm(gradients: Iterable[Array | None]) -> Array:
    """The joint Euclidean norm of the gradients, as ``clip_gradients`` gives it; none is copied::

        |g| = sqrt(sum of all g²)

    Raises:
        ValueError: there is no gradient at all.
        TypeError: as ``clip_gradients``.
    """
    norm, dtype = wide_norm("gradient_norm", list(gradients))
    with np.errstate(all="ignore"):
        return norm.astype(dtype)


def wide_norm(name: str, gradients: Sequence[Array | None]) -> tuple[Array, np.dtype]:
    """The joint norm in float64, and the dtype to give it in.

    Raises:
        ValueError, TypeError: as ``clip_gradients``.
    """
    present = [g for g in gradients if g is not None]
    if not present:
        raise ValueError(f"{name}: there is no gradient")
    for g in present:
        if not (is_array(g) or isinstance(g, np.generic)) or g.dtype.kind != "f":
            kind = g.dtype if is_array(g) else type(g).__name__
            raise TypeError(f"{name}: a gradient must be an array of floats, got {kind}")
    with np.errstate(all="ignore"):
        norm = euclidean_norm(present)
    return norm, np.result_type(np.float32, *(g.dtype for g in present))


def euclidean_norm(arrays: Sequence[Array]) -> Array:
    """The joint length of arrays of any shapes, in float64::

        |x| = s sqrt(sum (x / s)²)

    The squares of float32 all fit into float64, where s = 1; the squares of float64 fit nowhere,
    and s is the largest magnitude.  In float32 1e20 squared would overflow, 1e-25 squared vanish.
    """
    xp = array_module(*arrays)
    s = None  # for 1
    if any(x.dtype.itemsize >= 8 for x in arrays):
        extremes = [end for x in arrays if x.size for end in (x.max(), -x.min())]
        largest = functools.reduce(xp.maximum, extremes, xp.zeros(()))  # max |x|, without copies
        s = xp.where((largest > 0) & (largest < math.inf), largest, 1.0)
    squares = (y @ y for x in arrays for y in pieces(x, s))
    length = xp.sqrt(sum(squares, start=xp.zeros(())))
    return length if s is None else s * length


def pieces(x: Array, s: Array | None) -> Iterator[Array]:
    """``x / s`` in float64, on a host in pieces that stay in the cache."""
    flat = x.reshape(-1)
    size = CHUNK if on_host(x) else max(flat.size, 1)
    for part in chunks(flat.size, size):
        piece = flat[part].astype("float64", copy=False)
        yield piece if s is None else piece / s


def scaled(g: Array, scale: Array) -> Array:
    """``scale g`` in the dtype of ``g``; float16 does not hold a small scale."""
    return (g * scale.astype(wide_dtype(g))).astype(g.dtype, copy=False)
