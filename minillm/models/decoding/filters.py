"""Samplers as functions: logits in, filtered logits out.

Letters: B texts, V vocabulary; z logits, p = softmax(z).  A token that is filtered away has the
logit -inf, and the others share its probability in proportion.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

from minillm.ops import softmax


def temperature(logits: np.ndarray, /, *, t: float) -> np.ndarray:
    """Sharpen (t < 1) or flatten (t > 1) the distribution: ``z / t``.

    Shapes: ``(..., V)``, kept.

    Raises:
        ValueError: ``t`` is not above 0 and finite; for the limit 0 there is ``greedy``.
    Source: Ackley, Hinton & Sejnowski 1985, "A Learning Algorithm for Boltzmann Machines".
    Guide: 9.2 (G40).
    """
    if not (is_real(t) and 0.0 < t < math.inf):
        raise ValueError(
            f"temperature must be above 0 and finite, got {t!r}; the most probable token every "
            "time, the limit 0, is choose=greedy"
        )
    return logits / float(t)


def top_k(logits: np.ndarray, /, *, k: int) -> np.ndarray:
    """Keep the k most probable tokens.

    Shapes: ``(..., V)``, kept.  Of equal logits the smaller ids stay.

    Raises:
        ValueError: ``k`` is not a whole number in 1..V.
    Source: Fan, Lewis & Dauphin 2018, "Hierarchical Neural Story Generation".
    Guide: 9.2 (G40).
    """
    size = logits.shape[-1]
    require_whole("top_k: k", k, 1)
    if k > size:
        raise ValueError(f"top_k: k must be in 1..{size}, the size of the vocabulary, got {k}")
    return keep(logits, ranks(logits) < k)


def top_p(logits: np.ndarray, /, *, p: float) -> np.ndarray:
    """Keep the nucleus: the fewest most probable tokens that have the probability p together::

        token i stays where  sum_{j before i} p_j < p,   j before i: more probable, or as probable
                                                        with a smaller id

    Shapes: ``(..., V)``, kept.  The most probable token always stays.

    Raises:
        ValueError: ``p`` outside (0, 1].
    Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1.
    Guide: 9.2 (G40).
    """
    require_share("top_p: p", p)
    order = np.argsort(-logits, axis=-1, kind="stable")
    sorted_p = softmax.rule(np.take_along_axis(logits, order, axis=-1).astype(np.float64))[0]
    before = np.cumsum(sorted_p, axis=-1) - sorted_p
    stays = np.empty(logits.shape, dtype=bool)
    np.put_along_axis(stays, order, before < p, axis=-1)
    return keep(logits, stays | (ranks(logits) == 0))


def min_p(logits: np.ndarray, /, *, p: float) -> np.ndarray:
    """Keep what is at least p times as probable as the most probable token::

        token i stays where  p_i >= p max_j p_j

    Shapes: ``(..., V)``, kept.  Where the model is sure few tokens stay, and many where it is not.

    Raises:
        ValueError: ``p`` outside (0, 1].
    Source: Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM
        Outputs".
    Guide: 9.2 (G40).
    """
    require_share("min_p: p", p)
    return keep(logits, logits >= logits.max(axis=-1, keepdims=True) + math.log(p))


def repetition_penalty(logits: np.ndarray, /, *, penalty: float, seen: np.ndarray) -> np.ndarray:
    """Make less probable what has been written before::

        z_i / penalty where z_i > 0,  z_i * penalty elsewhere        for every seen token i

    Shapes: ``(B, V)``, kept; ``seen (B, V)`` is True at tokens of the text so far.

    Raises:
        ValueError: ``penalty`` is below 1 or not finite; ``seen`` is of another shape.
    Source: Keskar et al. 2019, "CTRL: A Conditional Transformer Language Model for Controllable
        Generation", section 4.1, which divides all scores: that would favour the negative ones.
    Guide: 9.2 (G40).
    """
    if not (is_real(penalty) and 1.0 <= penalty < math.inf):
        raise ValueError(f"repetition_penalty must be at least 1 and finite, got {penalty!r}")
    if seen.shape != logits.shape:
        raise ValueError(
            f"repetition_penalty: seen {seen.shape} must have the shape of logits {logits.shape}"
        )
    penalised = np.where(logits > 0, logits / float(penalty), logits * float(penalty))
    return np.where(seen, penalised, logits)


def keep(logits: np.ndarray, stays: np.ndarray) -> np.ndarray:
    """The logits where ``stays``, -inf elsewhere."""
    return np.where(stays, logits, logits.dtype.type(-np.inf))


def ranks(logits: np.ndarray) -> np.ndarray:
    """How many tokens come before each: 0 for the largest logit, equal ones by their ids."""
    order = np.argsort(-logits, axis=-1, kind="stable")
    places = np.empty(order.shape, dtype=np.int64)
    np.put_along_axis(places, order, np.broadcast_to(np.arange(order.shape[-1]), order.shape), -1)
    return places


def is_real(value: Any) -> bool:
    """Whether it is a number, and not a truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)


def require_share(name: str, p: Any) -> None:
    """Refuse what is not in (0, 1].

    Raises:
        ValueError: see above.
    """
    if not (is_real(p) and 0.0 < p <= 1.0):
        raise ValueError(f"{name} must be in (0, 1], got {p!r}")


def require_whole(name: str, value: Any, least: int) -> None:
    """Refuse what is not a whole number of at least ``least``.

    Raises:
        ValueError: see above.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number, at least {least}, got {value!r}")
