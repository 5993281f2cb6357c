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
        grad_scores = gradient_of_scores(g, p, value, keep) * scale
        full = grad_scores @ key, grad_scores.swapaxes(-1, -2) @ query, kept.swapaxes(-1, -2) @ g
        shapes = query.shape, key.shape, value.shape  # leading axes may have been broadcast
        return tuple(map(unbroadcast, full, shapes))

    return kept @ value, vjp


@op
def scaled_dot_product_attention_with_bias(
    query: Array,
    key: Array,
    value: Array,
    bias: Array,
    /,
    *,
    mask: Array | None = None,
    keep: Array | None = None,
) -> tuple[Array, VJP]:
    """Attention with a number added to every score: where a key stands counts too.

        s = q kᵀ / √K + b,  p = softmax(s),  o = p v     dL/dv = pᵀ g,   h = g vᵀ
        dL/db = dL/ds = p * (h - sum_j h_j p_j)          (summed where b was stretched)
        dL/dq = dL/ds k / √K,   dL/dk = dL/dsᵀ q / √K

    Shapes: as ``scaled_dot_product_attention``; ``bias`` broadcasts to ``(..., T, S)``.

    The bias is added after the scaling.  A number common to all keys of a query changes
    nothing, so the gradient of the bias sums to zero over the keys.  A mask is no bias: it stays
    boolean, and a masked score is -inf whatever the bias says.

    Raises:
        TypeError, ValueError: as ``scaled_dot_product_attention``; a bias that does not broadcast.
    Source: Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified
        Text-to-Text Transformer", section 2.1 (a learned number for each distance);
        Press, Smith & Lewis 2022, "Train Short, Test Long" (ALiBi), section 3 (a fixed slope).
    """
    array_module(query, key, value, bias, *(x for x in (mask, keep) if x is not None))
    check_shapes(query, key, value, mask)
    check_fits_scores("bias", bias, query, key)
    p, scale = probabilities(query, key, mask, bias)
    kept = p if keep is None else p * keep

    def vjp(g: Array) -> tuple[Array, ...]:
        grad_bias = gradient_of_scores(g, p, value, keep)
        grad_product = grad_bias * scale
        grad_key = grad_product.swapaxes(-1, -2) @ query
        full = grad_product @ key, grad_key, kept.swapaxes(-1, -2) @ g, grad_bias
        shapes = query.shape, key.shape, value.shape, bias.shape
        return tuple(map(unbroadcast, full, shapes))

    return kept @ value, vjp


def probabilities(
    query: Array, key: Array, mask: Array | None, bias: Array | None = None
) -> tuple[Array, float]:
    """The attention weights ``p (..., T, S)``, and the scale 1/√K."""
    xp = array_module(query, key)
    scale = query.shape[-1] ** -0.5
    scores = query @ key.swapaxes(-1, -2) * scale
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        scores = xp.where(mask, scores, -xp.inf)
    highest = scores.max(axis=-1, keepdims=True)
    weights = xp.exp(scores - xp.where(highest == -xp.inf, 0.0, highest))
    total = weights.sum(axis=-1, keepdims=True)
    return weights / xp.where(total == 0.0, 1.0, total), scale


def gradient_of_scores(g: Array, p: Array, value: Array, keep: Array | None) -> Array:
    """``p * (h - sum_j h_j p_j)`` with ``h = g vᵀ``, dropout's factors taken along."""
    h = g @ value.swapaxes(-1, -2)
    h = h if keep is None else h * keep
    return p * (h - (h * p).sum(axis=-1, keepdims=True))


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
    check_fits_scores("mask", mask, query, key)


def check_fits_scores(name: str, array: Array, query: Array, key: Array) -> None:
    """Refuse what does not broadcast to the scores ``(..., T, S)``.

    Raises:
        ValueError: a last size that is neither 1 nor that of the scores.
    """
    scores = query.shape[-2], key.shape[-2]
    pairs = zip(array.shape[::-1], scores[::-1], strict=False)  # from the last axis; fewer will do
    if any(n not in (1, full) for n, full in pairs):
        raise ValueError(
            f"attention: {name} {array.shape} does not broadcast to (..., {scores[0]}, {scores[1]})"
        )
