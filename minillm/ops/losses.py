"""Losses of a choice among classes: cross-entropy in its forms, and the log-likelihood alone.

Each has a ``reduction``: "mean" is the formula of its docstring, "sum" is the same without the
division, and "none" gives every position its own loss, in the shape of the targets.  A position
that does not count has the loss 0 and zero gradients, whatever its scores are, NaN included.
"""

from __future__ import annotations

import math

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, as_number
from minillm.backend.ids import IGNORE
from minillm.ops.loss_parts import (
    checked_targets,
    chosen_places,
    clear_uncounted,
    equal_shares,
    reduced,
    rows_that_count,
    shares,
    times_or_0,
)
from minillm.ops.precision import rounded, setting_like, widened
from minillm.ops.probabilities import log_softmax


@op
def cross_entropy(
    logits: Array, /, *, targets: Array, ignore_index: int = IGNORE, reduction: str = "mean"
) -> tuple[Array, VJP]:
    """Mean of -ln p(target) over the positions that have a target::

        L = -(1/n) sum_i ln p_i[t_i],   p = softmax(z)         dL/dz = g (p - onehot(t)) / n

    Shapes: ``logits (..., C), targets (...) -> ()``, or ``(...)`` with reduction "none"; units:
    nats.

    Positions whose target is ``ignore_index`` count for nothing; where all are ignored, the
    loss is 0 with zero gradients.  Host targets are checked; device targets were checked
    before the transfer.

    Raises:
        ValueError: ``targets`` is not the shape of ``logits`` without its last axis; an unknown
            reduction.
        IndexError: a target outside [0, C) that is not ``ignore_index``.
        TypeError: targets that are not integers.
    Source: Goodfellow et al. 2016, "Deep Learning", section 6.2.2.3.
    Guide: 1.4.2, 5.2.2 (G25).
    """
    targets = checked_targets("cross_entropy: logits", logits, targets, ignore_index)
    xp, shape, dtype = array_module(logits, targets), logits.shape, logits.dtype
    counted = targets != ignore_index
    log_p, _ = log_softmax.run(widened(logits).reshape(targets.size, logits.shape[-1]))
    share = equal_shares("cross_entropy", counted, log_p.dtype, reduction)
    chosen = chosen_places(targets, counted)

    def vjp(g: Array) -> tuple[Array]:
        grad = xp.exp(log_p)
        grad[chosen] -= 1.0  # each row once: no repeated index
        grad *= (g * share).reshape(targets.size, 1)
        clear_uncounted(grad, counted)
        return (rounded(grad.reshape(shape), dtype),)

    costs = times_or_0(share, -log_p[chosen].reshape(targets.shape))
    return reduced(costs, reduction, dtype), vjp


@op
def cross_entropy_with_probabilities(
    logits: Array, /, *, probabilities: Array, reduction: str = "mean"
) -> tuple[Array, VJP]:
    """Cross-entropy against target distributions; one-hot rows give ``cross_entropy``::

        L = -(1/n) sum_i sum_c q_i[c] ln p_i[c]     dL/dz = g (p - q) / n     (rows of q sum to 1)

    Shapes: ``logits (..., C), probabilities (..., C) -> ()``, or ``(...)`` with reduction "none";
    units: nats.

    A class that a row gives no share to costs it nothing, also where its logit is -inf; a class
    with a share and a logit of -inf costs infinitely much.  A row of zeros has the loss 0 and zero
    gradients, but is one of the n.

    Raises:
        ValueError: the shapes differ or are (), the mean of no positions, or an unknown reduction.
        TypeError: probabilities that are not real numbers.
    Guide: 1.4.2, 5.2.2 (G25).
    """
    name, dtype = "cross_entropy_with_probabilities", logits.dtype
    z = widened(logits)
    q = setting_like(f"{name}: probabilities", probabilities, z)
    if q.shape != z.shape or z.ndim == 0:
        raise ValueError(
            f"{name}: logits {z.shape} and probabilities {q.shape} need the same shape (..., C)"
        )
    n = math.prod(z.shape[:-1])
    if n == 0 and reduction == "mean":
        raise ValueError(f"{name}: the mean of no positions: logits {z.shape}")
    share = shares(name, 1.0, n, reduction)
    counted = (q != 0.0).any(axis=-1)
    log_p, vjp_log_p = log_softmax.run(rows_that_count(z, counted).reshape(z.shape))

    def vjp(g: Array) -> tuple[Array]:
        to_log_p = array_module(g).expand_dims(-share * g, -1) * q
        return (rounded(vjp_log_p(to_log_p)[0], dtype),)

    costs = -share * times_or_0(q, log_p).sum(axis=-1)
    return reduced(costs, reduction, dtype), vjp


@op
def smoothed_cross_entropy(
    logits: Array,
    /,
    *,
    targets: Array,
    smoothing: float,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
) -> tuple[Array, VJP]:
    """Cross-entropy against targets that leave a little probability to every class::

        q_i = (1 - ε) onehot(t_i) + ε / C
        L = -(1/n) sum_i sum_c q_i[c] ln p_i[c],   p = softmax(z)      dL/dz = g (p - q) / n

    Shapes: ``logits (..., C), targets (...) -> ()``, or ``(...)`` with reduction "none"; ε is
    ``smoothing``; units: nats.

    With ε = 0 it is ``cross_entropy``.  With more, the loss cannot fall to 0: it is smallest at
    p = q, where it is the entropy of q, so that logits have no reason to grow without end.  A
    logit of -inf then costs infinitely much, for its class has a share of the target; the
    gradient stays finite.

    Raises:
        ValueError: ``smoothing`` outside [0, 1], or as in ``cross_entropy``.
        IndexError, TypeError: targets as in ``cross_entropy``.
    Source: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision",
        section 7.
    Guide: 1.4.2 (G25).
    """
    smoothing = as_number("smoothed_cross_entropy: smoothing", smoothing)
    if not 0.0 <= smoothing <= 1.0:
        raise ValueError(f"smoothed_cross_entropy: smoothing must be in [0, 1], got {smoothing}")
    targets = checked_targets("smoothed_cross_entropy: logits", logits, targets, ignore_index)
    xp, shape, dtype = array_module(logits, targets), logits.shape, logits.dtype
    counted = targets != ignore_index
    log_p, _ = log_softmax.run(widened(logits).reshape(targets.size, logits.shape[-1]))
    share = equal_shares("smoothed_cross_entropy", counted, log_p.dtype, reduction)
    chosen, of_each = chosen_places(targets, counted), smoothing / logits.shape[-1]

    def vjp(g: Array) -> tuple[Array]:
        grad = xp.exp(log_p)
        grad -= of_each
        grad[chosen] -= 1.0 - smoothing  # each row once: no repeated index
        grad *= (g * share).reshape(targets.size, 1)
        clear_uncounted(grad, counted)
        return (rounded(grad.reshape(shape), dtype),)

    of_target = times_or_0(1.0 - smoothing, log_p[chosen])
    costs = -(of_target + times_or_0(of_each, log_p.sum(axis=-1))).reshape(targets.shape)
    return reduced(times_or_0(share, costs), reduction, dtype), vjp


@op
def nll_loss(
    log_probabilities: Array,
    /,
    *,
    targets: Array,
    weights: Array | None = None,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
) -> tuple[Array, VJP]:
    """Weighted mean of -ln p(target), from log-probabilities::

        L = -sum_i w_i l_i[t_i] / sum_i w_i,   w_i = weights[t_i]
        dL/dl_i[c] = -g w_i / sum_j w_j  where c = t_i, else 0

    Shapes: ``log_probabilities l (..., C), targets (...), weights (C,) -> ()``, or ``(...)`` with
    reduction "none"; units: nats.

    On ``log_softmax(logits)`` it is ``cross_entropy``; with ``weights``, the cross-entropy in
    which rare classes can be made to count more.  The mean divides by the sum of the weights,
    not by the number of positions.  Positions whose target is ``ignore_index``, or whose
    class weighs 0, count for nothing; where all do so, the loss is 0.

    Raises:
        ValueError: ``weights`` is not ``(C,)``, or as in ``cross_entropy``.
        IndexError, TypeError: targets as in ``cross_entropy``; weights that are not real numbers.
    Source: Goodfellow et al. 2016, "Deep Learning", section 5.5.
    Guide: 1.4.2 (G25).
    """
    shape, dtype = log_probabilities.shape, log_probabilities.dtype
    targets = checked_targets(
        "nll_loss: log-probabilities", log_probabilities, targets, ignore_index
    )
    xp = array_module(log_probabilities, targets)
    rows = widened(log_probabilities).reshape(targets.size, shape[-1])
    counted = targets != ignore_index
    chosen = chosen_places(targets, counted)
    w = counted.astype(rows.dtype)
    if weights is not None:
        weights = setting_like("nll_loss: weights", weights, rows)
        if weights.shape != shape[-1:]:
            raise ValueError(
                f"nll_loss: {shape[-1]} classes need as many weights, got {weights.shape}"
            )
        w = xp.where(counted, weights[chosen[1]].reshape(targets.shape), 0.0)
    total = w.sum()
    share = shares("nll_loss", w, xp.where(total == 0.0, 1.0, total), reduction)

    def vjp(g: Array) -> tuple[Array]:
        grad = xp.zeros((targets.size, shape[-1]), dtype=share.dtype)
        grad[chosen] = -(g * share).reshape(targets.size)  # each row once: no repeated index
        return (rounded(grad.reshape(shape), dtype),)

    costs = times_or_0(share, -rows[chosen].reshape(targets.shape))
    return reduced(costs, reduction, dtype), vjp
