"""Scaled dot-product attention, forward and backward.

Letters: T queries, S keys, K width of a query and a key, V width of a value.
"""

from __future__ import annotations

from minillm.autograd import VJP, op, unbroadcast
from minillm.backend import Array, array_module


@op
def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    /,
    *,
    mask: Array | None = None,
    keep: Array | None = None,
) -> tuple[Array, VJP]:
    """Every query takes the mean of the values, weighted by how well their keys match.

        p = softmax(q kᵀ / √K),  o = p v             dL/dv = pᵀ g,   h = g vᵀ
        dL/ds = p * (h - sum_j h_j p_j) / √K         dL/dq = dL/ds k,   dL/dk = dL/dsᵀ q

    Shapes: ``query (..., T, K), key (..., S, K), value (..., S, V) -> (..., T, V)``; ``mask``
    (boolean, True = may attend) and ``keep`` (dropout's factors on p) broadcast to
    ``(..., T, S)``.

    A query that may attend to nothing gives zeros, and zero gradients: not NaN, which would
    reach every weight of the model through one padded sentence.

    Raises:
        TypeError: ``mask`` is not boolean: an additive mask would be read upside down; or the
            arrays live in different libraries.
        ValueError: shapes that do not fit.
    Source: Vaswani et al. 2017, "Attention Is All You Need", eq. 1.
    """
    array_module(query, key, value, *(x for x in (mask, keep) if x is not None))
    check_shapes(query, key, value, mask)
    p, scale = probabilities(query, key, mask)
    kept = p if keep is None else p * keep

    def vjp(g: Array) -> tuple[Array, ...]:
        h = g @ value.swapaxes(-1, -2)
        h = h if keep is None else h * keep
        grad_scores = p * (h - (h * p).sum(axis=-1, keepdims=True)) * scale
        full = grad_scores @ key, grad_scores.swapaxes(-1, -2) @ query, kept.swapaxes(-1, -2) @ g
        shapes = query.shape, key.shape, value.shape  # leading axes may have been broadcast
        return tuple(map(unbroadcast, full, shapes))

    return kept @ value, vjp


def probabilities(query: Array, key: Array, mask: Array | None) -> tuple[Array, float]:
    """The attention weights ``p (..., T, S)``, and the scale 1/√K."""
    xp = array_module(query, key)
    scale = query.shape[-1] ** -0.5
    scores = query @ key.swapaxes(-1, -2) * scale
    if mask is not None:
        scores = xp.where(mask, scores, -xp.inf)
    highest = scores.max(axis=-1, keepdims=True)
    weights = xp.exp(scores - xp.where(highest == -xp.inf, 0.0, highest))
    total = weights.sum(axis=-1, keepdims=True)
    return weights / xp.where(total == 0.0, 1.0, total), scale


def check_shapes(query: Array, key: Array, value: Array, mask: Array | None) -> None:
    """Refuse operands that do not fit, in words.

    Raises:
        TypeError, ValueError: see ``scaled_dot_product_attention``.
    """
    if min(query.ndim, key.ndim, value.ndim) < 2:
        shapes = f"{query.shape}, {key.shape}, {value.shape}"
        raise ValueError(f"attention: query, key and value need two axes at least, got {shapes}")
    if query.shape[-1] != key.shape[-1] or key.shape[-1] == 0:
        raise ValueError(
            f"attention: query {query.shape} and key {key.shape} need one last size, at least 1"
        )
    if key.shape[-2] != value.shape[-2] or key.shape[-2] == 0:
        raise ValueError(
            f"attention: key {key.shape} and value {value.shape} need one length, at least 1"
        )
    if mask is None:
        return
    if mask.dtype.kind != "b":
        raise TypeError(f"attention: mask must be boolean, True = may attend, got {mask.dtype}")
    scores = query.shape[-2], key.shape[-2]
    pairs = zip(mask.shape[::-1], scores[::-1], strict=False)  # from the last axis; fewer will do
    if any(n not in (1, full) for n, full in pairs):
        raise ValueError(
            f"attention: mask {mask.shape} does not broadcast to (..., {scores[0]}, {scores[1]})"
        )
