"""Attention in slices of the batch whose scores stay in the cache.

The largest score of a row is taken off before ``exp`` so that it does not overflow: a slow pass.
Where no score can be large, by Cauchy and Schwarz, it is not needed::

    |c q·k| <= |c| max |q| max |k|
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minillm.autograd import VJP
from minillm.backend import Array, quiet
from minillm.backend.scratch import aligned_empty, scratch
from minillm.ops.attention import check_mask, scale_of_scores, scaled_dot_product_attention
from minillm.ops.kernels_numpy import plain

SCORES = 1 << 17  # in a slice
Place = tuple[slice, slice]  # which sentences, and which heads of them

LARGEST = 40.0  # a score; exp of it and of its negative, and sums of them, are ordinary numbers
FARTHEST = 1000.0  # a value from 0; g·y would lose more digits than the rule's sum does


def attention_in_slices(
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None = None,
    /,
    *,
    mask: Array | None = None,
    keep: Array | None = None,
    scale: float | None = None,
    wanted: tuple[bool, ...] = (True, True, True, True),
) -> tuple[Array, VJP]:
    """``scaled_dot_product_attention`` of (B, H, T, K) without a bias, where scores are ordinary.

    Queries, keys and values may be views, as heads are: (B, T, H, K) with two axes exchanged.
    Outputs and gradients are such views too, so that merging the heads copies nothing.
    """
    settings: Any = {"mask": mask, "keep": keep, "scale": scale, "wanted": wanted}
    ordinary = bias is None and is_ordinary(query, key, value, keep)
    if not ordinary or not scores_are_small(query, key, scale):
        return scaled_dot_product_attention.rule(query, key, value, bias, **settings)
    shape, c = (*query.shape[:3], key.shape[2]), scale_of_scores(query, scale)
    if mask is not None:
        check_mask(mask, shape)
    y = heads_like(query, value.shape[3])
    p: Any = aligned_empty(shape, query.dtype) if any(wanted) else None
    for place in slices(shape):
        q = query[place]
        weights = p[place] if p is not None else scratch_like("attention.p", q, shape[3])
        fill_with_weights(weights, q, key[place], c, some(mask, place))
        np.matmul(dropped(weights, some(keep, place)), value[place], out=y[place])

    def vjp(g: Array) -> tuple[Array | None, ...]:
        def through_softmax(h: Array, place: Place) -> None:
            products = scratch_like("attention.f", g[place], g.shape[-1])
            np.multiply(g[place], y[place], out=products)
            h -= (products @ np.ones(g.shape[-1], g.dtype))[..., None]
            h *= p[place]
            h *= c

        return gradients(g, query, key, value, keep, p, through_softmax, wanted)

    return y, vjp


def is_ordinary(query: Array, key: Array, value: Array, keep: Array | None) -> bool:
    """Whether kinds and shapes are the common ones, and the values finite."""
    operands = (query, key, value)
    if not all(type(x) is np.ndarray and x.ndim == 4 and x.dtype.isnative for x in operands):
        return False
    shape = (*query.shape[:3], key.shape[2])
    fits = (
        query.dtype == key.dtype == value.dtype
        and query.dtype.char in "fd"
        and query.shape[:2] == key.shape[:2] == value.shape[:2]
        and key.shape[2:] == (value.shape[2], query.shape[3])
        and query.shape[3] > 0
        and value.size > 0
        and np.prod(shape) >= 4 * plain.SMALL
        and (keep is None or (type(keep) is np.ndarray and keep.shape == shape))
    )
    return bool(fits and value.min() > -FARTHEST and value.max() < FARTHEST)


def scores_are_small(query: Array, key: Array, scale: float | None) -> bool:
    """Whether every score is below ``LARGEST``; not if a query or key is not finite."""
    c = abs(scale_of_scores(query, scale))
    with quiet(overflow=True):
        return bool(c * longest(query) * longest(key) < LARGEST)


def longest(x: Array) -> float:
    """The largest length of a vector along the last axis."""
    most = 0.0
    for rows in plain.chunks(x.shape[0], max(1, plain.CHUNK * x.shape[0] // x.size)):
        part = x[rows]
        squares = np.multiply(part, part, out=scratch_like("attention.f", part, part.shape[-1]))
        most = np.maximum(most, (squares @ np.ones(part.shape[-1], x.dtype)).max())  # keeps a NaN
    return float(most) ** 0.5


def slices(scores: tuple[int, ...]) -> Iterator[Place]:
    """Some sentences at a time, or some heads of one: about ``SCORES`` scores at a time."""
    batch, heads, queries, keys = scores
    several = max(1, SCORES // (heads * queries * keys))
    for sentences in plain.chunks(batch, several):
        for some_heads in plain.chunks(heads, max(1, SCORES // (queries * keys))):
            yield sentences, some_heads


def some(array: Array | None, place: Place) -> Array | None:
    """The part of an array that may be for all sentences, or for all heads, alike."""
    if array is None or array.ndim < 4:
        return array
    return array[
        tuple(i if n > 1 else slice(None) for i, n in zip(place, array.shape, strict=False))
    ]


def heads_like(x: Array, width: int) -> Array:
    """A new (B, H, T, width) array in memory (B, T, H, width)."""
    batch, heads, length, _ = x.shape
    return aligned_empty((batch, length, heads, width), x.dtype).swapaxes(1, 2)


def scratch_like(name: str, x: Array, width: int) -> Array:
    """Scratch of the shape of ``x`` but for the last axis."""
    return scratch(name, (*x.shape[:-1], width), x.dtype)


def fill_with_weights(p: Array, q: Array, k: Array, c: float, mask: Array | None) -> None:
    """``p = softmax(c q kᵀ)``, 0 where the mask says so."""
    scaled = np.multiply(q, c, out=scratch_like("attention.f", q, q.shape[-1]))
    np.matmul(scaled, k.swapaxes(-1, -2), out=p)
    np.exp(p, out=p)
    if mask is not None:
        p *= mask.astype(p.dtype)
    total = p @ np.ones(p.shape[-1], p.dtype)
    total[total == 0.0] = 1.0  # a query that may attend to nothing
    p *= (1.0 / total)[..., None]


def dropped(p: Array, keep: Array | None) -> Array:
    """``p`` times dropout's factors, if there are any."""
    if keep is None:
        return p
    return np.multiply(p, keep, out=scratch_like("attention.dropped", p, p.shape[-1]))


def gradients(
    g: Array,
    query: Array,
    key: Array,
    value: Array,
    keep: Array | None,
    p: Array,
    through_softmax: Callable[[Array, Place], None],
    wanted: tuple[bool, ...],
) -> tuple[Array | None, ...]:
    """Those of query, key and value that are wanted::

        h = g vᵀ m,   dL/ds = p (h - sum_j h_j p_j) = p (h - g·y)         (m: dropout's factors)

    The sum over the keys is a product with the output: ``sum_j h_j p_j = g · sum_j p_j m_j v_j``.
    ``through_softmax(h, place)`` turns ``h`` into ``c dL/ds``, in place.
    """
    dq, dk, dv = (
        heads_like(x, x.shape[-1]) if asked else None
        for x, asked in zip((query, key, value), wanted, strict=False)
    )
    for place in slices(p.shape):
        g_here, p_here, keep_here = g[place], p[place], some(keep, place)
        if dv is not None:
            np.matmul(dropped(p_here, keep_here).swapaxes(-1, -2), g_here, out=dv[place])
        if dq is None and dk is None:
            continue
        ds = scratch_like("attention.ds", p_here, p.shape[-1])
        np.matmul(g_here, value[place].swapaxes(-1, -2), out=ds)
        if keep_here is not None:
            ds *= keep_here
        through_softmax(ds, place)
        if dq is not None:
            np.matmul(ds, key[place], out=dq[place])
        if dk is not None:
            np.matmul(ds.swapaxes(-1, -2), query[place], out=dk[place])
    return dq, dk, dv
