"""Losses that compare number with number: squared error, binary cross-entropy."""

from __future__ import annotations

import numpy as np

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, on_host


@op
def squared_error(predictions: Array, /, *, targets: Array) -> tuple[Array, VJP]:
    """Mean of the squared differences.

        L = (1/N) sum_i (x_i - t_i)²                   dL/dx = 2 g (x - t) / N

    Shapes: ``predictions x (...), targets t (...) -> ()``, equal shapes; N counts all elements.

    Raises:
        ValueError: the shapes differ (they are not broadcast: (N, 1) against (N,) would compare
            all with all), or there is no element.
        TypeError: targets that are not real numbers.
    Source: Goodfellow et al. 2016, "Deep Learning", section 5.5.1.
    """
    targets = like_predictions("squared_error", targets, predictions)
    difference = predictions - targets
    n = predictions.size
    return (difference * difference).sum() / n, lambda g: (2.0 * g / n * difference,)


@op
def binary_cross_entropy_with_logits(
    logits: Array, /, *, targets: Array, weight_of_positive: float = 1.0
) -> tuple[Array, VJP]:
    """Mean of -ln p for yes-or-no answers, each logit the log-odds of yes.

        p = 1 / (1 + exp(-z))
        L = -(1/N) sum_i (w t_i ln p_i + (1 - t_i) ln(1 - p_i))
        dL/dz = g ((1 - t) p - w t (1 - p)) / N        (p - t, where w = 1)

    Shapes: ``logits z (...), targets t (...) -> ()``, equal shapes; N counts all elements;
    w is ``weight_of_positive``; units: nats.

    -ln p = max(-z, 0) + ln(1 + exp(-|z|)) and -ln(1 - p) = max(z, 0) + the same: nothing
    overflows, and no probability is rounded to 0 before its logarithm is taken.

    Raises:
        ValueError: the shapes differ, there is no element, a host target outside [0, 1], or a
            negative weight.
        TypeError: targets that are not real numbers.
    Source: Goodfellow et al. 2016, "Deep Learning", section 6.2.2.2.
    """
    name = "binary_cross_entropy_with_logits"
    w = float(weight_of_positive)  # a NumPy float64 would turn float32 into float64
    if not w >= 0.0:
        raise ValueError(f"{name}: weight_of_positive must not be negative, got {w}")
    t = like_predictions(name, targets, logits)
    check_probabilities(name, t)
    xp = array_module(logits)
    small = xp.exp(-xp.abs(logits))  # in (0, 1]
    tail = xp.log1p(small)
    minus_log_p, minus_log_rest = xp.maximum(-logits, 0.0) + tail, xp.maximum(logits, 0.0) + tail
    n = logits.size

    def vjp(g: Array) -> tuple[Array]:
        p = xp.where(logits >= 0.0, 1.0, small) / (1.0 + small)
        rest = xp.where(logits >= 0.0, small, 1.0) / (1.0 + small)  # 1 - p, not rounded to 0
        return (g / n * ((1.0 - t) * p - w * t * rest),)

    return (w * t * minus_log_p + (1.0 - t) * minus_log_rest).sum() / n, vjp


def like_predictions(name: str, targets: Array, predictions: Array) -> Array:
    """The targets as numbers of the predictions' dtype.

    Raises:
        ValueError, TypeError: see ``squared_error``.
    """
    targets = np.asarray(targets) if on_host(targets) else targets
    array_module(predictions, targets)  # refuses host targets beside predictions on a device
    if targets.dtype.kind not in "biuf":
        raise TypeError(f"{name}: targets must be real numbers, got {targets.dtype}")
    if targets.shape != predictions.shape:
        raise ValueError(f"{name}: targets are {targets.shape}, predictions {predictions.shape}")
    if predictions.size == 0:
        raise ValueError(f"{name}: the mean of no elements, shape {predictions.shape}")
    return targets.astype(predictions.dtype)


def check_probabilities(name: str, targets: Array) -> None:
    """Refuse host targets that are no probabilities, such as -1 for "no".

    Raises:
        ValueError: naming the first one and its position.
    """
    if not on_host(targets):
        return
    outside = np.argwhere(~((targets >= 0.0) & (targets <= 1.0)))  # NaN too
    if len(outside):
        place = tuple(int(i) for i in outside[0])
        raise ValueError(f"{name}: target {targets[place]} at position {place} is not in [0, 1]")
