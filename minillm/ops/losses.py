"""Losses of a choice among classes: cross-entropy in its forms, and the log-likelihood alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, check_ids, on_host
from minillm.backend.ids import IGNORE, integer_array
from minillm.ops.probabilities import log_softmax


@op
def cross_entropy(
    logits: Array, /, *, targets: Array, ignore_index: int = IGNORE
) -> tuple[Array, VJP]:
    """Mean of -ln p(target) over the positions that have a target.

        L = -(1/n) sum_i ln p_i[t_i],   p = softmax(z)         dL/dz = g (p - onehot(t)) / n

    Shapes: ``logits (..., C), targets (...) -> ()``; units: nats.

    Positions whose target is ``ignore_index`` count for nothing; where all are ignored, the
    loss is 0 with zero gradients.  Host targets are checked; device targets were checked
    before the transfer.

    Raises:
        ValueError: ``targets`` is not the shape of ``logits`` without its last axis.
        IndexError: a target outside [0, C) that is not ``ignore_index``.
        TypeError: targets that are not integers.
    Source: Goodfellow et al. 2016, "Deep Learning", section 6.2.2.3.
    """
    targets = flat_targets("cross_entropy: logits", logits, targets, ignore_index)  # (N,)
    xp = array_module(logits, targets)
    flat = logits.reshape(targets.size, logits.shape[-1])
    log_p, _ = log_softmax.run(flat)
    counted = targets != ignore_index
    weight = equal_shares(counted, logits.dtype)  # 1/n or 0
    chosen = xp.arange(targets.size), xp.where(counted, targets, 0)

    def vjp(g: Array) -> tuple[Array]:
        grad = xp.exp(log_p)
        grad[chosen] -= 1.0  # each row once: no repeated index
        grad *= (g * weight)[:, None]
        return (grad.reshape(logits.shape),)

    chosen_log_p = xp.where(counted, log_p[chosen], 0.0)  # -inf times weight 0 is NaN
    return -(chosen_log_p * weight).sum(), vjp


@op
def cross_entropy_with_probabilities(
    logits: Array, /, *, probabilities: Array
) -> tuple[Array, VJP]:
    """Cross-entropy against target distributions; one-hot rows give ``cross_entropy``.

        L = -(1/n) sum_i sum_c q_i[c] ln p_i[c]     dL/dz = g (p - q) / n     (rows of q sum to 1)

    Shapes: ``logits (..., C), probabilities (..., C) -> ()``; units: nats.

    Raises:
        ValueError: the shapes differ, or there is no position.
    """
    if probabilities.shape != logits.shape:
        raise ValueError(
            f"cross-entropy: logits {logits.shape} and probabilities {probabilities.shape} differ"
        )
    n = math.prod(logits.shape[:-1])
    if n == 0:
        raise ValueError(f"cross-entropy of no positions: logits {logits.shape}")
    log_p, vjp_log_p = log_softmax.run(logits)

    def vjp(g: Array) -> tuple[Array | None, ...]:
        return vjp_log_p(-g / n * probabilities)

    return -(log_p * probabilities).sum() / n, vjp


@op
def smoothed_cross_entropy(
    logits: Array, /, *, targets: Array, smoothing: float, ignore_index: int = IGNORE
) -> tuple[Array, VJP]:
    """Cross-entropy against targets that leave a little probability to every class.

        q_i = (1 - ε) onehot(t_i) + ε / C
        L = -(1/n) sum_i sum_c q_i[c] ln p_i[c],   p = softmax(z)      dL/dz = g (p - q) / n

    Shapes: ``logits (..., C), targets (...) -> ()``; ε is ``smoothing``; units: nats.

    With ε = 0 it is ``cross_entropy``.  With more, the loss cannot fall to 0: it is smallest at
    p = q, where it is the entropy of q, so that logits have no reason to grow without end.  A
    logit of -inf is not allowed here, for its class has a share of the target.

    Raises:
        ValueError: ``smoothing`` outside [0, 1], or shapes as in ``cross_entropy``.
        IndexError, TypeError: targets as in ``cross_entropy``.
    Source: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision",
        section 7.
    """
    if not 0.0 <= smoothing <= 1.0:
        raise ValueError(f"smoothed_cross_entropy: smoothing must be in [0, 1], got {smoothing}")
    targets = flat_targets("smoothed_cross_entropy: logits", logits, targets, ignore_index)  # (N,)
    xp = array_module(logits, targets)
    flat = logits.reshape(targets.size, logits.shape[-1])
    log_p, _ = log_softmax.run(flat)
    counted = targets != ignore_index
    weight = equal_shares(counted, logits.dtype)  # 1/n or 0
    q = xp.full_like(log_p, smoothing / logits.shape[-1])
    q[xp.arange(targets.size), xp.where(counted, targets, 0)] += 1.0 - smoothing

    def vjp(g: Array) -> tuple[Array]:
        grad = (xp.exp(log_p) - q) * (g * weight)[:, None]
        return (grad.reshape(logits.shape),)

    return -((q * log_p).sum(axis=-1) * weight).sum(), vjp


@op
def nll_loss(
    log_probabilities: Array,
    /,
    *,
    targets: Array,
    weights: Array | None = None,
    ignore_index: int = IGNORE,
) -> tuple[Array, VJP]:
    """Weighted mean of -ln p(target), from log-probabilities.

        L = -sum_i w_i l_i[t_i] / sum_i w_i,   w_i = weights[t_i]
        dL/dl_i[c] = -g w_i / sum_j w_j  where c = t_i, else 0

    Shapes: ``log_probabilities l (..., C), targets (...), weights (C,) -> ()``; units: nats.

    On ``log_softmax(logits)`` it is ``cross_entropy``; with ``weights``, the cross-entropy in
    which rare classes can be made to count more.  The mean divides by the sum of the weights,
    not by the number of positions.  Positions whose target is ``ignore_index``, or whose
    class weighs 0, count for nothing; where that is so of all, the loss is 0.

    Raises:
        ValueError: ``weights`` is not ``(C,)``, or shapes as in ``cross_entropy``.
        IndexError, TypeError: targets as in ``cross_entropy``.
    Source: Goodfellow et al. 2016, "Deep Learning", section 5.5.
    """
    shape = log_probabilities.shape
    targets = flat_targets("nll_loss: log-probabilities", log_probabilities, targets, ignore_index)
    xp = array_module(log_probabilities, targets, *([] if weights is None else [weights]))
    if weights is None:
        weights = xp.ones(shape[-1])
    if weights.shape != shape[-1:]:
        raise ValueError(f"nll_loss: {shape[-1]} classes need as many weights, got {weights.shape}")
    counted = targets != ignore_index
    chosen = xp.arange(targets.size), xp.where(counted, targets, 0)
    w = xp.where(counted, weights.astype(log_probabilities.dtype)[chosen[1]], 0.0)
    total = w.sum()
    share = w / xp.where(total == 0.0, 1.0, total)

    def vjp(g: Array) -> tuple[Array]:
        grad = xp.zeros((targets.size, shape[-1]), dtype=log_probabilities.dtype)
        grad[chosen] = -g * share  # each row once: no repeated index
        return (grad.reshape(shape),)

    picked = log_probabilities.reshape(targets.size, shape[-1])[chosen]
    return -(xp.where(share == 0.0, 0.0, picked) * share).sum(), vjp  # -inf times 0 is NaN


def equal_shares(counted: Array, dtype: Any) -> Array:
    """1/n for each of the n positions that count, 0 for the others."""
    xp = array_module(counted)
    return counted / xp.maximum(counted.sum(), 1).astype(dtype)


def flat_targets(name: str, scores: Array, targets: Array, ignore_index: int) -> Array:
    """The targets in one row, those on the host checked.

    Raises:
        ValueError, IndexError, TypeError: see ``cross_entropy``.
    """
    if on_host(targets):
        targets = integer_array(targets, name="target class")
    if scores.ndim == 0 or targets.shape != scores.shape[:-1]:
        raise ValueError(
            f"{name} {scores.shape} need targets {scores.shape[:-1]}, got {targets.shape}"
        )
    if on_host(targets):
        there = np.where(targets == ignore_index, 0, targets)
        check_ids(there, scores.shape[-1], name="target class", of="a set of classes")
    return targets.reshape(targets.size)
