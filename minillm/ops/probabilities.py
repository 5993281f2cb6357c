"""Scores into probabilities: softmax, its logarithm, and the logarithm of its denominator."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, quiet
from minillm.ops.axes import checked_axis
from minillm.ops.precision import rounded, widened


@op
def softmax(scores: Array, /, *, axis: int = -1) -> tuple[Array, VJP]:
    """Probabilities along ``axis``, each slice summing to one::

        p_i = exp(s_i) / sum_j exp(s_j)            dL/ds = p * (g - sum_j g_j p_j)

    Shapes: ``scores (..., N, ...) -> (..., N, ...)``.

    Subtracting the largest score first leaves ``p`` unchanged and keeps ``exp`` from
    overflowing.  A slice of nothing but ``-inf``, or with an ``inf``, has no distribution and
    gives NaN: masked attention is its own op, where a row of ``-inf`` gives zeros.

    Raises:
        ValueError: ``axis`` is empty or out of range.
        TypeError: ``axis`` is not an integer.
    Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network
        Outputs"; the shift is in Goodfellow et al. 2016, "Deep Learning", section 4.1.
    Guide: 3.1, 4.1.2, 4.2.2, 5.2.2 (G15, G17, G25).
    """
    weights = array_module(scores).exp(below_largest(widened(scores), axis))
    p, dtype = weights / weights.sum(axis=axis, keepdims=True), scores.dtype

    def vjp(g: Array) -> tuple[Array]:
        return (rounded(p * (g - (g * p).sum(axis=axis, keepdims=True)), dtype),)

    return rounded(p, dtype), vjp


@op
def log_softmax(scores: Array, /, *, axis: int = -1) -> tuple[Array, VJP]:
    """Logarithms of the softmax probabilities::

        y_i = s_i - ln sum_j exp(s_j)              dL/ds = g - p * sum_j g_j,   p = exp(y)

    Shapes: ``scores (..., N, ...) -> (..., N, ...)``.

    Not ``log(softmax(s))``: a probability below the smallest float would give -inf, while its
    logarithm is an ordinary number.

    Raises:
        ValueError: ``axis`` is empty or out of range.
        TypeError: ``axis`` is not an integer.
    Source: Goodfellow et al. 2016, "Deep Learning", section 4.1.
    """
    xp, dtype = array_module(scores), scores.dtype
    y = below_largest(widened(scores), axis)
    y -= xp.log(xp.exp(y).sum(axis=axis, keepdims=True))

    def vjp(g: Array) -> tuple[Array]:
        total = widened(g).sum(axis=axis, keepdims=True)
        return (rounded(g - xp.exp(y) * total, dtype),)

    return rounded(y, dtype), vjp


@op
def logsumexp(scores: Array, /, *, axis: int = -1, keepdims: bool = False) -> tuple[Array, VJP]:
    """The logarithm of a sum whose terms are given by their logarithms: a smooth maximum::

        m = max_j s_j,   y = m + ln sum_j exp(s_j - m)       dL/ds_i = g exp(s_i - y)

    Shapes: ``scores (..., N, ...) -> (..., ...)``, or ``(..., 1, ...)`` with ``keepdims``.

    Without ``m`` the sum would overflow, or be 0 where every score is below -750 (in float64).  A
    slice of nothing but ``-inf`` is the empty sum: ``-inf``, with zero gradients.  One with ``inf``
    gives ``inf``, with a gradient of NaN where it stands.

    Raises:
        ValueError: ``axis`` is empty or out of range.
        TypeError: ``axis`` is not an integer.
    Source: Goodfellow et al. 2016, "Deep Learning", section 4.1.
    """
    xp, dtype = array_module(scores), scores.dtype
    wide = widened(scores)
    m = largest(wide, axis)
    m = xp.where(xp.isinf(m), 0.0, m)  # -inf - -inf is NaN
    with quiet(overflow=True):  # ln 0 = -inf is meant, and exp(inf) = inf
        weights = xp.exp(wide - m)
        total = weights.sum(axis=axis, keepdims=True)
        y = m + xp.log(total)

    def vjp(g: Array) -> tuple[Array]:
        with quiet(overflow=True):
            p = weights / xp.where(total == 0.0, 1.0, total)
            return (rounded(g.reshape(y.shape) * p, dtype),)

    return rounded(y if keepdims else y.squeeze(axis), dtype), vjp


def below_largest(scores: Array, axis: int) -> Array:
    """How far each score is below the largest of its slice; NaN where that one is infinite.

    Raises:
        ValueError, TypeError: as ``largest``.
    """
    with quiet(overflow=True):
        return scores - largest(scores, axis)


def largest(scores: Array, axis: int) -> Array:
    """The largest score of each slice.

    Raises:
        ValueError: ``axis`` is empty or out of range.
        TypeError: ``axis`` is not an integer.
    """
    if scores.shape[checked_axis("scores", axis, scores.shape)] == 0:
        raise ValueError(f"scores along an empty axis: shape {scores.shape}, axis {axis}")
    return scores.max(axis=axis, keepdims=True)
