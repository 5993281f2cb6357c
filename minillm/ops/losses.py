"""Cross-entropy, for integer classes and for target distributions."""

from __future__ import annotations

import math

import numpy as np

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, check_ids, on_host
from minillm.backend.ids import integer_array
from minillm.ops.probabilities import log_softmax

IGNORE = -100  # the field's convention for "no target here"


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
    if on_host(targets):
        targets = integer_array(targets, name="target class")
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"cross_entropy: logits {logits.shape} need targets {logits.shape[:-1]}, "
            f"got {targets.shape}"
        )
    if on_host(targets):
        there = np.where(targets == ignore_index, 0, targets)
        check_ids(there, logits.shape[-1], name="target class", of="a set of classes")
    xp = array_module(logits, targets)
    counted = (targets != ignore_index).reshape(targets.size)
    n = xp.maximum(counted.sum(), 1)
    rows = xp.arange(targets.size)
    chosen = xp.where(counted, targets.reshape(targets.size), 0)
    flat = logits.reshape(targets.size, logits.shape[-1])
    log_p, _ = log_softmax.rule(flat)  # type: ignore[attr-defined]
    weight = counted / n.astype(logits.dtype)  # 1/n or 0
    weight = weight.astype(logits.dtype)

    def vjp(g: Array) -> tuple[Array]:
        grad = xp.exp(log_p)
        grad[rows, chosen] -= 1.0  # each row once: no repeated index
        grad *= (g * weight)[:, None]
        return (grad.reshape(logits.shape),)

    chosen_log_p = xp.where(counted, log_p[rows, chosen], 0.0)  # -inf times weight 0 is NaN
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
    log_p, vjp_log_p = log_softmax.rule(logits)  # type: ignore[attr-defined]

    def vjp(g: Array) -> tuple[Array]:
        return vjp_log_p(-g / n * probabilities)

    return -(log_p * probabilities).sum() / n, vjp
