"""Losses that compare number with number: squared error, binary cross-entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, as_number, on_host, quiet
from minillm.ops.loss_parts import reduced, shares, times_or_0
from minillm.ops.precision import rounded, setting_like, widened


@op
def squared_error(
    predictions: Array, /, *, targets: Array, reduction: str = "mean"
) -> tuple[Array, VJP]:
    """Mean of the squared differences::

        L = (1/N) sum_i (x_i - t_i)²                   dL/dx = 2 g (x - t) / N

    Shapes: ``predictions x (...), targets t (...) -> ()``, equal shapes; N counts all elements.
    With ``reduction`` "sum" without the division, with "none" every square by itself, ``(...)``.

    A square beyond the largest float is infinite; its gradient is not.

    Raises:
        ValueError: the shapes differ (they are not broadcast: (N, 1) against (N,) would compare
            all with all), the mean of no element, or an unknown reduction.
        TypeError: targets that are not real numbers.
    Source: Goodfellow et al. 2016, "Deep Learning", section 5.5.1.
    """
    x, dtype = widened(predictions), predictions.dtype
    t = like_predictions("squared_error", "targets", targets, x)
    share = shares("squared_error", 1.0, counted_elements("squared_error", x, reduction), reduction)
    with quiet(overflow=True):
        difference = x - t
        costs = (share * difference) * difference  # divided first: the mean may still be finite
        loss = reduced(costs, reduction, dtype)

    def vjp(g: Array) -> tuple[Array]:
        return (rounded(2.0 * share * g * difference, dtype),)

    return loss, vjp


@op
def binary_cross_entropy_with_logits(
    logits: Array,
    /,
    *,
    targets: Array,
    weights: Array | None = None,
    weight_of_positive: float = 1.0,
    reduction: str = "mean",
) -> tuple[Array, VJP]:
    """Mean of -ln p for yes-or-no answers, each logit the log-odds of yes::

        p = 1 / (1 + exp(-z))
        L = -(1/N) sum_i v_i (w t_i ln p_i + (1 - t_i) ln(1 - p_i))
        dL/dz = g v ((1 - t) p - w t (1 - p)) / N        (p - t, where v = w = 1)

    Shapes: ``logits z (...), targets t (...), weights v (...) -> ()``, equal shapes; N counts all
    elements, also those that weigh 0; w is ``weight_of_positive``; units: nats.  With
    ``reduction`` "sum" without the division, with "none" every element by itself, ``(...)``.

    ``-ln p = max(-z, 0) + ln(1 + exp(-|z|))``, and ``-ln(1 - p) = max(z, 0)`` + the same: nothing
    overflows, and no probability is rounded to 0 before its logarithm is taken.  An answer that
    is certain and right, such as t = 1 with z = inf, costs 0; certain and wrong, it costs
    infinitely much.  An element that weighs 0 counts for nothing, NaN included.

    Raises:
        ValueError: the shapes differ, the mean of no element, a host target outside [0, 1], a
            negative weight, or an unknown reduction.
        TypeError: targets or weights that are not real numbers.
    Source: Goodfellow et al. 2016, "Deep Learning", section 6.2.2.2.
    """
    name = "binary_cross_entropy_with_logits"
    xp, z = array_module(logits), widened(logits)
    w = as_number(f"{name}: weight_of_positive", weight_of_positive)
    t = like_predictions(name, "targets", targets, z)
    v = xp.ones_like(z) if weights is None else like_predictions(name, "weights", weights, z)
    check_numbers(name, t, v, w)
    if weights is not None:
        z = xp.where(v == 0.0, 0.0, z)
    share = shares(name, v, counted_elements(name, z, reduction), reduction)
    small = xp.exp(-xp.abs(z))  # in [0, 1]
    tail = xp.log1p(small)
    of_yes = times_or_0(w * t, xp.maximum(-z, 0.0) + tail)  # -ln p
    of_no = times_or_0(1.0 - t, xp.maximum(z, 0.0) + tail)

    def vjp(g: Array) -> tuple[Array]:
        p = xp.exp(xp.minimum(z, 0.0)) / (1.0 + small)
        rest = xp.exp(xp.minimum(-z, 0.0)) / (1.0 + small)  # 1 - p, not rounded to 0
        return (rounded(g * share * ((1.0 - t) * p - w * t * rest), logits.dtype),)

    return reduced(times_or_0(share, of_yes + of_no), reduction, logits.dtype), vjp


def like_predictions(name: str, what: str, setting: Any, predictions: Array) -> Array:
    """Targets or weights as numbers of the predictions' dtype, one for each.

    Raises:
        ValueError, TypeError: see ``squared_error``.
    """
    array = setting_like(f"{name}: {what}", setting, predictions)
    if array.shape != predictions.shape:
        raise ValueError(f"{name}: {what} are {array.shape}, predictions {predictions.shape}")
    return array


def counted_elements(name: str, predictions: Array, reduction: str) -> int:
    """The number of elements.

    Raises:
        ValueError: the mean of 0 elements is wanted.
    """
    if predictions.size == 0 and reduction == "mean":
        raise ValueError(f"{name}: the mean of no elements, shape {predictions.shape}")
    return predictions.size


def check_numbers(name: str, targets: Array, weights: Array, weight_of_positive: float) -> None:
    """Refuse host targets that are not probabilities, such as -1 for "no", and negative weights.

    Raises:
        ValueError: naming the first one and its position.
    """
    if not weight_of_positive >= 0.0:  # this way round NaN is refused too
        raise ValueError(
            f"{name}: weight_of_positive must not be negative, got {weight_of_positive}"
        )
    ranges = [("target", targets, 1.0, "in [0, 1]"), ("weight", weights, np.inf, "at least 0")]
    for what, numbers, highest, wanted in ranges:
        if not on_host(numbers):
            continue
        inside = (numbers >= 0.0) & (numbers <= highest)
        if not inside.all():
            place = tuple(int(i) for i in np.argwhere(~inside)[0])
            raise ValueError(f"{name}: {what} {numbers[place]} at position {place} is not {wanted}")
