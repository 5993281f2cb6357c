"""Sums over all paths, word by word: from the left, from the right, and what follows from both.

Letters: B sentences, T words, K tags.  Emissions e are (B, T, K), the mask (B, T) is True at
words, which stand before the padding.  Transitions A are (K + 1, K + 1): A_ij scores tag j behind
tag i, the last row is for starts and the last column for ends, and -inf forbids a step.
"""

from __future__ import annotations

from typing import Any

from minillm.backend import Array, array_module, on_host, quiet


def forward_scores(emissions: Array, transitions: Array, mask: Array) -> Array:
    """Of all paths to tag j at word t, the logarithm of the sum of their exponentials, (T, B, K)::

        a_1(j) = A_start,j + e_1(j),     a_t(j) = e_t(j) + ln sum_i exp(a_{t-1}(i) + A_ij)

    At padding the last word's scores are repeated.

    Source: Rabiner 1989, "A Tutorial on Hidden Markov Models and Selected Applications in Speech
        Recognition", section III.A, where the scores are probabilities.
    Guide: 6.4 (G39).
    """
    xp, between = array_module(emissions), transitions[:-1, :-1]
    rows = [transitions[-1, :-1] + emissions[:, 0]]
    for t in range(1, emissions.shape[1]):
        onward = emissions[:, t] + log_sum(rows[-1][:, :, None] + between)
        rows.append(xp.where(mask[:, t, None], onward, rows[-1]))
    return xp.stack(rows)


def backward_scores(emissions: Array, transitions: Array, mask: Array) -> Array:
    """The same of all paths from tag i at word t on to the end, without its own emission::

        b_T(i) = A_i,end,     b_t(i) = ln sum_j exp(A_ij + e_{t+1}(j) + b_{t+1}(j))

    Shapes: (T, B, K).

    Source: as ``forward_scores``.
    Guide: 6.4 (G39).
    """
    xp, between = array_module(emissions), transitions[:-1, :-1]
    last = xp.zeros_like(emissions[:, 0]) + transitions[:-1, -1]
    rows = [last]
    for t in range(emissions.shape[1] - 1, 0, -1):
        after = emissions[:, t] + rows[-1]
        rows.append(xp.where(mask[:, t, None], log_sum(after[:, :, None] + between.T), last))
    return xp.stack(rows[::-1])


def log_sum(scores: Array) -> Array:
    """``ln sum_i exp(s_ij)``, (B, K, K) -> (B, K); -inf where every term is forbidden."""
    xp = array_module(scores)
    highest = scores.max(axis=1, keepdims=True)
    highest = xp.where(xp.isinf(highest), 0.0, highest).astype(scores.dtype)
    with quiet():  # ln 0 = -inf is meant
        return highest[:, 0] + xp.log(xp.exp(scores - highest).sum(axis=1))


def log_total(forward: Array, transitions: Array) -> Array:
    """``ln Z = ln sum_j exp(a_T(j) + A_j,end)``, (T, B, K) -> (B,)."""
    return log_sum((forward[-1] + transitions[:-1, -1])[:, :, None])[:, 0]


def beliefs(emissions: Array, transitions: Array, mask: Array, forward: Array) -> tuple[Array, ...]:
    """How probable each tag is at each word, and how often each step is expected::

        p(y_t = j) = exp(a_t(j) + b_t(j) - ln Z)
        p(y_{t-1} = i, y_t = j) = exp(a_{t-1}(i) + A_ij + e_t(j) + b_t(j) - ln Z)

    Shapes: (B, T, K), 0 at padding; and summed over t, with starts and ends, (B, K + 1, K + 1).

    Guide: 6.4 (G39).
    """
    xp, log_z = array_module(emissions), log_total(forward, transitions)[:, None]
    backward = backward_scores(emissions, transitions, mask)
    of_tags = xp.exp(forward + backward - log_z).transpose(1, 0, 2) * mask[:, :, None]
    of_steps = xp.zeros((len(mask), *transitions.shape), dtype=emissions.dtype)
    for t in range(1, emissions.shape[1]):
        onward = (emissions[:, t] + backward[t] - log_z)[:, None, :]
        p = xp.exp(forward[t - 1][:, :, None] + transitions[:-1, :-1] + onward)
        of_steps[:, :-1, :-1] += p * mask[:, t, None, None]
    of_steps[:, -1, :-1] = of_tags[:, 0]
    of_steps[:, :-1, -1] = xp.exp(forward[-1] + transitions[:-1, -1] - log_z)
    return of_tags, of_steps


def check_field(emissions: Any, transitions: Any, mask: Any) -> None:
    """Refuse scores and masks that do not fit together.

    Raises:
        ValueError: other shapes than those above; no words, no tags; words behind padding.
        TypeError: a mask that is not boolean; arrays of two libraries.
    """
    array_module(emissions, transitions, mask)
    if emissions.ndim != 3 or 0 in emissions.shape[1:]:
        raise ValueError(f"crf: emissions must be (B, T, K), T and K >= 1, got {emissions.shape}")
    n = emissions.shape[2] + 1
    if transitions.shape != (n, n):
        raise ValueError(
            f"crf: transitions must be (K + 1, K + 1), {(n, n)}, got {transitions.shape}"
        )
    if mask.dtype.kind != "b":
        raise TypeError(f"crf: mask must be boolean, True = a word, got {mask.dtype}")
    if mask.shape != emissions.shape[:2]:
        raise ValueError(f"crf: mask {mask.shape} must be (B, T), {emissions.shape[:2]}")
    if on_host(mask) and not (mask[:, 0].all() and (mask[:, :-1] >= mask[:, 1:]).all()):
        raise ValueError("crf: every sentence needs a word, and words must stand before padding")
