"""Scores into probabilities: softmax and its logarithm."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module


@op
def softmax(scores: Array, /, *, axis: int = -1) -> tuple[Array, VJP]:
    """Probabilities along ``axis``, each slice summing to one.

        p_i = exp(s_i) / sum_j exp(s_j)            dL/ds = p * (g - sum_j g_j p_j)

    Shapes: ``scores (..., N, ...) -> (..., N, ...)``.

    Subtracting the largest score first leaves ``p`` unchanged and keeps ``exp`` from
    overflowing.  A slice of nothing but ``-inf`` has no distribution and gives NaN: masked
    attention is its own op, where such a row gives zeros.

    Raises:
        ValueError: ``axis`` is empty or out of range.
    Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network
        Outputs"; the shift is in Goodfellow et al. 2016, "Deep Learning", section 4.1.
    """
    xp = array_module(scores)
    weights = xp.exp(scores - largest(scores, axis))
    p = weights / weights.sum(axis=axis, keepdims=True)

    def vjp(g: Array) -> tuple[Array]:
        return (p * (g - (g * p).sum(axis=axis, keepdims=True)),)

    return p, vjp


@op
def log_softmax(scores: Array, /, *, axis: int = -1) -> tuple[Array, VJP]:
    """Logarithms of the softmax probabilities.

        y_i = s_i - ln sum_j exp(s_j)              dL/ds = g - p * sum_j g_j,   p = exp(y)

    Shapes: ``scores (..., N, ...) -> (..., N, ...)``.

    Not ``log(softmax(s))``: a probability below the smallest float would give -inf, while its
    logarithm is an ordinary number.

    Raises:
        ValueError: ``axis`` is empty or out of range.
    Source: Goodfellow et al. 2016, "Deep Learning", section 4.1.
    """
    xp = array_module(scores)
    shifted = scores - largest(scores, axis)
    y = shifted - xp.log(xp.exp(shifted).sum(axis=axis, keepdims=True))

    def vjp(g: Array) -> tuple[Array]:
        return (g - xp.exp(y) * g.sum(axis=axis, keepdims=True),)

    return y, vjp


def largest(scores: Array, axis: int) -> Array:
    """The largest score of each slice.

    Raises:
        ValueError: ``axis`` is empty or out of range.
    """
    if not -scores.ndim <= axis < scores.ndim:
        raise ValueError(f"softmax: axis {axis} is out of range for shape {scores.shape}")
    if scores.shape[axis] == 0:
        raise ValueError(f"softmax over an empty axis: shape {scores.shape}, axis {axis}")
    return scores.max(axis=axis, keepdims=True)
