"""Misspellings that are aimed: whoever may ask a filter changes the words that it goes by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from minillm.backend import check_rng
from minillm.text.misspelling import MISSPELLINGS, pieces_of, require_attack, word_places

Probability = Callable[[Sequence[str]], np.ndarray]  # of each text, (N,)


def misspelled_against(
    probability: Probability,
    texts: Sequence[str],
    rng: np.random.Generator,
    *,
    kinds: Sequence[str],
    words: int,
) -> list[str]:
    """The texts with up to ``words`` words misspelled so that their ``probability`` falls most.

    Words are tried in the order of what the text loses without them::

        loss(w) = p(text) - p(text without w)

    Each of the first ``words`` is written in every one of the kinds, and the one with the least
    probability stays; the word stays as it was if none lowers it.  Only what the filter answers
    is needed, not what is inside it.

    Raises:
        ValueError: as ``misspelled``.
    Source: Li, Ji, Du, Li & Wang 2019, "TextBugger: Generating Adversarial Text Against
        Real-world Applications", on filters that can only be asked.
    Guide: 6.1 (G36).
    """
    require_attack(kinds, words)
    check_rng(rng)
    attacked = [pieces_of(text) for text in texts]
    least = ask(probability, attacked)
    orders = most_telling_first(probability, attacked)
    for turn in range(words):
        tried = [
            (number, order[turn], kind(pieces[order[turn]], rng))
            for number, (pieces, order) in enumerate(zip(attacked, orders, strict=True))
            if turn < len(order)
            for kind in (MISSPELLINGS[name] for name in kinds)
        ]
        asked = [with_piece(attacked[number], place, word) for number, place, word in tried]
        for (number, _, _), pieces, p in zip(tried, asked, ask(probability, asked), strict=True):
            if p < least[number]:
                attacked[number], least[number] = pieces, p
    return ["".join(pieces) for pieces in attacked]


def most_telling_first(probability: Probability, texts: Sequence[list[str]]) -> list[list[int]]:
    """The places of the words of each text, that one first without which its probability is least.

    Of words that are equal the first stays first.
    """
    without = [with_piece(pieces, place, "") for pieces in texts for place in word_places(pieces)]
    answers = iter(ask(probability, without).tolist())
    orders = []
    for pieces in texts:
        left = {place: next(answers) for place in word_places(pieces)}
        orders.append(sorted(left, key=lambda place: left[place]))
    return orders


def with_piece(pieces: Sequence[str], place: int, word: str) -> list[str]:
    """A copy of the pieces with another one at a place."""
    return [*pieces[:place], word, *pieces[place + 1 :]]


def ask(probability: Probability, texts: Sequence[Sequence[str]]) -> np.ndarray:
    """The probability of each text, given in pieces, ``(N,)``; nothing is asked about none."""
    return np.array(probability(["".join(text) for text in texts])) if texts else np.zeros(0)
