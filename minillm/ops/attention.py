"""Scaled dot-product attention, forward and backward.

Letters: T queries, S keys, K width of a query and a key, V width of a value.
"""

from __future__ import annotations

from numpy import asarray, broadcast_shapes

from minillm.autograd import VJP, op, unbroadcast
from minillm.backend import (
    Array,
    array_module,
    as_number,
    check_one_dtype,
    is_array,
    on_host,
    quiet,
    where_or_0,
)
from minillm.ops.precision import rounded, widened


@op
def scaled_dot_product_attention(
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
    """Every query takes the mean of the values, weighted by how well their keys match::

        s = c q kᵀ + b,   p = softmax(s),   o = (p * m) v        c = 1/√K unless ``scale`` is given
        dL/dv = (p * m)ᵀ g,   h = (g vᵀ) * m,   dL/db = dL/ds = p * (h - sum_j h_j p_j)
        dL/dq = c dL/ds k,   dL/dk = c (dL/ds)ᵀ q     (each summed where its operand was stretched)

    Shapes: ``query (..., T, K), key (..., S, K), value (..., S, V) -> (..., T, V)``; ``bias``
    broadcasts to the scores ``(..., T, S)``; ``mask`` (boolean, True = may attend) and ``keep``
    (m, dropout's factors on p; 1 without it) have at most the two axes (T, S), or as many as the
    scores.

    A mask is not a bias: a masked score is -inf whatever stood there.  What has weight 0 counts for
    nothing, also where it is NaN or infinite (0 * NaN is NaN, and one padded sentence would reach
    every weight of the model).  A query that may attend to nothing gives zeros and zero gradients.
    A NaN or infinite value that a query does attend to makes its whole output NaN; so does a score
    of +inf.

    float16 is computed in float32: q kᵀ need not fit before it is scaled, and no row of weights has
    to add up to less than 65504.

    Raises:
        TypeError: ``mask`` is not boolean: an additive mask would be read upside down; operands of
            two dtypes; arrays of two libraries.
        ValueError: shapes that do not fit.
    Source: Vaswani et al. 2017, "Attention Is All You Need", eq. 1; with a bias: Raffel et al.
        2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer",
        section 2.1, where c = 1; Press, Smith & Lewis 2022, "Train Short, Test Long", section 3.
    Guide: 3.1, 4.1.2, 5.1, 7.2.3 (G15, G16, G60).
    """
    check_values(query, key, value)
    p = probabilities(query, key, bias, mask=mask, scale=scale)
    kept = p if keep is None else p * factors(keep, p)
    c, v = scale_of_scores(query, scale), finite(widened(value))
    operands = (query, key, value) if bias is None else (query, key, value, bias)
    forms = [(x.shape, x.dtype) for x in operands]
    of_query, of_key, of_value, *of_bias = wanted  # of a bias only where there is one

    def vjp(g: Array) -> tuple[Array | None, ...]:
        g = widened(g)
        dq = dk = dv = db = None
        if of_query or of_key or any(of_bias):
            ds = gradient_of_scores(g, p, v, keep)
            c_ds = c * ds
            dq = c_ds @ finite(widened(key)) if of_query else None
            dk = c_ds.swapaxes(-1, -2) @ finite(widened(query)) if of_key else None
            db = ds if any(of_bias) else None
        if of_value:
            dv = kept.swapaxes(-1, -2) @ g
        shares = (dq, dk, dv, db)[: len(forms)]
        return tuple(
            None if d is None else rounded(unbroadcast(d, shape), dtype)
            for d, (shape, dtype) in zip(shares, forms, strict=True)
        )

    y = kept @ v
    y = y if v is value else y + spoiled(kept, value != v)
    return rounded(y, value.dtype), vjp


def probabilities(
    query: Array,
    key: Array,
    bias: Array | None = None,
    *,
    mask: Array | None = None,
    scale: float | None = None,
) -> Array:
    """The weights ``p (..., T, S)`` of ``scaled_dot_product_attention``, at least in float32.

    Guide: 3.1, 4.1.2, 4.2.2 (G15, G17).
    """
    xp = array_module(query, key, *(x for x in (bias, mask) if is_array(x)))
    check_one_dtype("attention", query=query, bias=bias)
    with quiet():  # inf - inf where a key is infinite: masked, or NaN as documented
        scores = widened(query) @ widened(key).swapaxes(-1, -2)
        scores *= scale_of_scores(query, scale)  # in place, as nothing else has seen it: hot
        if bias is not None:
            check_fits("bias", bias, scores.shape)
            scores = scores + bias
        if mask is not None:
            check_mask(mask, scores.shape)
            scores = xp.where(mask, scores, -xp.inf)
        highest = scores.max(axis=-1, keepdims=True)
        scores -= xp.where(highest == -xp.inf, 0.0, highest)
        weights = xp.exp(scores)
    total = weights.sum(axis=-1, keepdims=True)
    weights /= xp.where(total == 0.0, 1.0, total)
    return weights


def scale_of_scores(query: Array, scale: float | None) -> float:
    """``scale`` as a Python number, which promotes nothing; 1/√K where it is left out."""
    return query.shape[-1] ** -0.5 if scale is None else as_number("scale of attention", scale)


def factors(keep: Array, p: Array) -> Array:
    """Dropout's factors in the dtype of the weights.

    Raises:
        TypeError: they live in another library.
        ValueError: they do not broadcast to the weights.
    """
    keep = asarray(keep) if on_host(keep) else keep
    array_module(keep, p)
    check_axes("keep", keep, p.shape)
    return keep.astype(p.dtype)


def spoiled(weights: Array, bad: Array) -> Array:
    """NaN for every query that gives some weight to a value with a ``bad`` entry; 0 for others.

    Shapes: ``weights (..., T, S), bad (..., S, V) -> (..., T, 1)``.
    """
    xp = array_module(weights, bad)
    weight_of_bad = weights @ bad.any(axis=-1, keepdims=True).astype(weights.dtype)
    return xp.where(weight_of_bad > 0.0, xp.nan, 0.0).astype(weights.dtype)


def finite(x: Array) -> Array:
    """``x`` with 0 in the place of NaN and infinity; on the host ``x`` itself if there is none."""
    usable = array_module(x).isfinite(x)
    return x if on_host(x) and usable.all() else where_or_0(usable, x)


def gradient_of_scores(g: Array, p: Array, v: Array, keep: Array | None) -> Array:
    """``p * (h - sum_j h_j p_j)`` with ``h = g vᵀ``, dropout's factors taken along."""
    h = g @ v.swapaxes(-1, -2)
    h = h if keep is None else h * factors(keep, p)
    return p * (h - (h * p).sum(axis=-1, keepdims=True))


def check_values(query: Array, key: Array, value: Array) -> None:
    """Refuse operands that do not fit together.

    Raises:
        TypeError: operands of two dtypes, or of two libraries.
        ValueError: too few axes; widths of query and key that differ; values that are not as many
            as the keys, or none of them.
    """
    array_module(query, key, value)
    check_one_dtype("attention", query=query, key=key, value=value)
    if min(query.ndim, key.ndim, value.ndim) < 2:
        shapes = f"{query.shape}, {key.shape}, {value.shape}"
        raise ValueError(f"attention: query, key and value need two axes at least, got {shapes}")
    if query.shape[-1] != key.shape[-1] or key.shape[-1] == 0:
        raise ValueError(
            f"attention: query {query.shape} and key {key.shape} need equal last sizes, at least 1"
        )
    if key.shape[-2] != value.shape[-2] or key.shape[-2] == 0:
        raise ValueError(
            f"attention: key {key.shape} and value {value.shape} need equal lengths, at least 1"
        )
    if query.shape[:-2] == key.shape[:-2] == value.shape[:-2]:
        return
    try:
        broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    except ValueError:
        shapes = f"query {query.shape}, key {key.shape} and value {value.shape}"
        raise ValueError(f"attention: the leading axes of {shapes} do not broadcast") from None


def check_mask(mask: Array, scores: tuple[int, ...]) -> None:
    """Refuse what is not a mask for scores of this shape: the one place where masks are judged.

    A mask (B, T, S) beside scores (B, H, T, S) would be stretched from its end, B being taken for
    the heads: without a word where both are equal.

    Raises:
        TypeError: the mask is not a boolean array.
        ValueError: sizes that do not broadcast; three axes or more, but not those of the scores.
    """
    if not is_array(mask) or mask.dtype.kind != "b":
        given = mask.dtype if hasattr(mask, "dtype") else type(mask).__name__
        raise TypeError(f"attention: mask must be boolean, True = may attend, got {given}")
    check_axes("mask", mask, scores)


def check_axes(name: str, array: Array, scores: tuple[int, ...]) -> None:
    """Refuse what is neither for every score nor for every query and key alike.

    Raises:
        ValueError: three axes or more, but not those of the scores; or as ``check_fits``.
    """
    if array.ndim > 2 and array.ndim != len(scores):
        raise ValueError(
            f"attention: {name} {array.shape} must have the axes (T, S) or those of the scores "
            f"{scores}; {name}[:, None] gives it an axis for the heads"
        )
    check_fits(name, array, scores)


def check_fits(name: str, array: Array, scores: tuple[int, ...]) -> None:
    """Refuse what does not broadcast with the scores, or would stretch them over T or S.

    Raises:
        ValueError: a size that is neither 1 nor that of the scores.
    """
    sizes = enumerate(zip(array.shape[::-1], scores[::-1], strict=False))  # from the last axis
    if any(n not in (1, full) and (i < 2 or full != 1) for i, (n, full) in sizes):
        wanted = ", ".join(map(str, scores if len(scores) > 2 else ("...", *scores)))
        raise ValueError(f"attention: {name} {array.shape} does not broadcast to ({wanted})")
