"""Attention in slices of the batch, its softmax in compiled loops, its products left to BLAS."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.autograd import VJP
from minillm.backend import Array, quiet
from minillm.backend.scratch import aligned_empty
from minillm.ops.attention import check_mask, scale_of_scores
from minillm.ops.kernels_compiled.loops import softmax_of_scores, through_softmax
from minillm.ops.kernels_numpy.attentions import (
    Place,
    attention_in_slices,
    dropped,
    gradients,
    heads_like,
    is_ordinary,
    scratch_like,
    slices,
    some,
)


def attention_in_loops(
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
    """``attention_in_slices`` in float32, also where scores are large."""
    settings: Any = {"mask": mask, "keep": keep, "scale": scale, "wanted": wanted}
    if bias is not None or not is_for_loops(query, key, value, keep):
        return attention_in_slices(query, key, value, bias, **settings)
    shape, c = (*query.shape[:3], key.shape[2]), scale_of_scores(query, scale)
    if mask is not None:
        check_mask(mask, shape)
    allowed = four_axes(mask, shape)
    y = heads_like(query, value.shape[3])
    p: Any = aligned_empty(shape, query.dtype) if any(wanted) else None
    for place in slices(shape):
        q = query[place]
        weights = p[place] if p is not None else scratch_like("attention.p", q, shape[3])
        with quiet(overflow=True):  # what overflows is the rule's
            np.matmul(q, key[place].swapaxes(-1, -2), out=weights)
        if not softmax_of_scores(weights, np.ascontiguousarray(some(allowed, place)), c):
            return attention_in_slices(query, key, value, **settings)
        np.matmul(dropped(weights, some(keep, place)), value[place], out=y[place])

    def vjp(g: Array) -> tuple[Array | None, ...]:
        def through(h: Array, place: Place) -> None:
            width = h.shape[-1]
            through_softmax(h.reshape(-1, width), p[place].reshape(-1, width), c)

        return gradients(g, query, key, value, keep, p, through, wanted)

    return y, vjp


def is_for_loops(query: Array, key: Array, value: Array, keep: Array | None) -> bool:
    """Whether everything is ordinary, in float32, and finite."""
    return is_ordinary(query, key, value, keep) and all(
        x.dtype.char == "f" and -np.inf < x.min() and x.max() < np.inf for x in (query, key)
    )


def four_axes(mask: Array | None, scores: tuple[int, ...]) -> Array:
    """The mask with four axes, of which the first two may be 1; all ``True`` without one."""
    if mask is None:
        return np.ones((1, 1, *scores[2:]), dtype=bool)
    leading = mask.shape[:-2] if mask.ndim == 4 else (1, 1)
    return np.broadcast_to(mask, (*leading, *scores[2:]))
