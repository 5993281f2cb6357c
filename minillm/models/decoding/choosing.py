"""From logits to a token: filters one after another, then the largest or a draw.

Letters: B texts, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minillm.backend import check_rng
from minillm.models.decoding import filters
from minillm.ops import softmax

# (logits (B, V), seen (B, V)) -> logits (B, V): seen is True at tokens of the text so far
Filter = Callable[[np.ndarray, np.ndarray], np.ndarray]
# logits (B, V) -> ids (B,)
Choice = Callable[[np.ndarray], np.ndarray]


def filtering(
    *,
    repetition_penalty: float | None = None,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Filter:
    """The filters that are named, composed in this order; each acts on what the ones before left.

    A filter of your own is any function ``(logits, seen) -> logits``, and ``composed`` joins them.

    Raises:
        ValueError: a setting out of its range, now; a ``top_k`` above the vocabulary, when used.
    Guide: 9.2 (G40).
    """
    trial, nothing = np.zeros((1, 1)), np.zeros((1, 1), dtype=bool)
    chain: list[Filter] = []
    if repetition_penalty is not None:
        filters.repetition_penalty(trial, penalty=repetition_penalty, seen=nothing)
        chain.append(penalising(repetition_penalty))
    if top_k is not None:
        filters.require_whole("top_k: k", top_k, 1)
    plain: list[tuple[Callable[..., np.ndarray], dict[str, Any]]] = [
        (filters.temperature, {"t": temperature}),
        (filters.top_k, {"k": top_k}),
        (filters.top_p, {"p": top_p}),
        (filters.min_p, {"p": min_p}),
    ]
    for rule, setting in plain:
        if None in setting.values():
            continue
        if rule is not filters.top_k:
            rule(trial, **setting)  # refuses at once what it would refuse later
        chain.append(deaf(partial(rule, **setting)))
    return composed(*chain)


def composed(*chain: Filter) -> Filter:
    """One filter after another: ``composed(f, g)(z) = g(f(z))``."""

    def filtered(logits: np.ndarray, seen: np.ndarray) -> np.ndarray:
        for one in chain:
            logits = one(logits, seen)
        return logits

    return filtered


def deaf(rule: Callable[[np.ndarray], np.ndarray]) -> Filter:
    """A filter of a rule that does not ask what was written before."""
    return lambda logits, seen: rule(logits)


def penalising(penalty: float) -> Filter:
    """The repetition penalty as a filter."""
    return lambda logits, seen: filters.repetition_penalty(logits, penalty=penalty, seen=seen)


def greedy(logits: np.ndarray) -> np.ndarray:
    """The most probable token of every row, the smaller id of equal ones.

    Shapes: ``(B, V) -> (B,)``.

    Raises:
        ValueError: as ``require_choice``.
    Guide: 9.2 (G40).
    """
    require_choice(logits)
    return logits.argmax(axis=-1)


def sampling(rng: np.random.Generator) -> Choice:
    """A choice that draws each token with its probability, ``P(i) = softmax(z)_i``.

    One uniform number u for each row, and the first token whose cumulated probability is above u.

    Raises:
        TypeError: ``rng`` is not a generator.
        ValueError: as ``require_choice``, when used.
    Guide: 9.2 (G40).
    """
    check_rng(rng)
    return lambda logits: drawn(logits, rng.random(len(logits)))


def drawn(logits: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The token of every row in whose share of [0, 1) the number ``u`` falls.

    Shapes: ``logits (B, V), u (B,) -> (B,)``.
    """
    require_choice(logits)
    cumulated = np.cumsum(softmax.rule(logits.astype(np.float64))[0], axis=-1)
    below = cumulated <= u[:, None] * cumulated[:, -1:]  # the last sum is 1 but for rounding
    return below.sum(axis=-1)


def require_choice(logits: Any) -> None:
    """Refuse rows that leave nothing to choose from, or have no probabilities.

    Raises:
        ValueError: every token of a row is filtered away; a logit is NaN or +inf.
    """
    largest = logits.max(axis=-1)
    if not np.isfinite(largest).all():
        row = int(np.argmin(np.isfinite(largest)))
        if largest[row] == -np.inf:
            raise ValueError(
                f"every token of text {row} is filtered away: nothing is left to choose from"
            )
        raise ValueError(f"text {row} has a logit of {largest[row]}: no probabilities")
