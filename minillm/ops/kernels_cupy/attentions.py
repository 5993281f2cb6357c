"""Attention without an array of all scores: kept are the output's operands and two numbers a query.

Memory grows with T, not with T S; the scores are computed three times more in the backward pass.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from minillm.autograd import VJP
from minillm.backend import Array, array_module, is_array
from minillm.ops.attention import (
    check_mask,
    check_values,
    factors,
    scale_of_scores,
    scaled_dot_product_attention,
)
from minillm.ops.kernels_cupy.launching import check_known, in_one_piece, launch

TILE = 16  # queries of a block; attention.cu says so too
WIDEST = {"f": 128, "d": 64}  # numbers in a query, key or value, by dtype: what shared memory holds


def attention_on_device(
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
    """``scaled_dot_product_attention`` of (B, H, T, K) without a bias, heads not too wide."""
    check_known("scaled_dot_product_attention", query, key, value)
    settings: Any = {"mask": mask, "keep": keep, "scale": scale, "wanted": wanted}
    if bias is not None or not is_plain(query, key, value):
        return scaled_dot_product_attention.rule(query, key, value, bias, **settings)
    check_values(query, key, value)
    xp = array_module(query, key, value, *([mask] if is_array(mask) else []))
    shape = (*query.shape[:3], key.shape[2])
    allowed, of_mask = placed(checked_mask(mask, shape, xp))
    kept, of_keep = placed(checked_factors(keep, query, shape))
    q, k, v = map(in_one_piece, (query, key, value))
    sizes = *shape[1:], q.shape[3], v.shape[3]
    given = q, k, v, allowed, kept, scale_of_scores(query, scale), *sizes, *of_mask, *of_keep
    return in_tiles(shape, wanted, *given)


def in_tiles(
    shape: tuple[int, ...], wanted: tuple[bool, ...], q: Array, k: Array, v: Array, *more: Any
) -> tuple[Array, VJP]:
    """The kernels of ``attention.cu``; ``more`` is what they are told beside the operands."""
    xp, dtype, (batch, heads, queries, keys) = array_module(q), q.dtype, shape
    y = xp.empty((*shape[:3], v.shape[3]), dtype)
    top, total = (xp.empty(shape[:3], dtype) for _ in range(2))
    of_queries, of_keys = (batch * heads * -(-length // TILE) for length in (queries, keys))
    given = top, total, q, k, v, *more
    launch("attention", "attention_forward", of_queries, y, *given, dtype=dtype)

    def vjp(g: Array) -> tuple[Array | None, ...]:
        g, d = in_one_piece(g), xp.zeros(shape[:3], dtype)
        dq, dk, dv = (xp.empty(x.shape, dtype) for x in (q, k, v))
        if wanted[0] or wanted[1]:
            name = "attention_backward_queries"
            launch("attention", name, of_queries, dq, d, g, *given, dtype=dtype)
        if wanted[1] or wanted[2]:
            name = "attention_backward_keys"
            launch("attention", name, of_keys, dk, dv, d, g, *given, dtype=dtype)
        shares = zip((dq, dk, dv), wanted, strict=False)
        return tuple(share if asked else None for share, asked in shares)

    return y, vjp


def is_plain(query: Array, key: Array, value: Array) -> bool:
    """Whether all are (B, H, T, K) for the same B and H, of one dtype, and not too wide."""
    operands = query, key, value
    return (
        all(x.ndim == 4 and x.dtype == query.dtype for x in operands)
        and query.shape[:2] == key.shape[:2] == value.shape[:2]
        and max(x.shape[3] for x in operands) <= WIDEST[query.dtype.char]
    )


def checked_mask(mask: Array | None, shape: tuple[int, ...], xp: ModuleType) -> Array:
    """The mask; without one, that all may attend to all.

    Raises:
        TypeError, ValueError: as the rule.
    """
    if mask is None:
        return xp.ones(1, dtype=bool)
    check_mask(mask, shape)
    return mask


def checked_factors(keep: Array | None, query: Array, shape: tuple[int, ...]) -> Array:
    """Dropout's factors; 1 without them.

    Raises:
        TypeError, ValueError: as the rule.
    """
    xp = array_module(query)
    if keep is None:
        return xp.ones(1, dtype=query.dtype)
    return factors(keep, xp.broadcast_to(xp.ones(1, dtype=query.dtype), shape))


def placed(array: Array) -> tuple[Array, tuple[int, ...]]:
    """An array of at most four axes in one piece, and how far apart its elements are along four.

    Along an axis of size 1 that is 0: it is for every batch, head, query or key alike.
    """
    sizes = (1,) * (4 - array.ndim) + tuple(array.shape)
    apart = (math.prod(sizes[i + 1 :]) for i in range(4))
    return in_one_piece(array), tuple(0 if n == 1 else k for n, k in zip(sizes, apart, strict=True))
