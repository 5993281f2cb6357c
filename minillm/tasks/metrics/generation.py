"""How much written texts vary, and how much one repeats itself."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

Tokens = Sequence[Hashable]


def ngrams_of(tokens: Tokens, n: int) -> list[tuple[Hashable, ...]]:
    """Every n neighbours of a text, in order.

    Raises:
        ValueError: ``n`` is below 1.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def distinct(texts: Sequence[Tokens], n: int) -> float:
    """How many of the n-grams of all texts together are different ones, as a share::

        distinct_n = |set of n-grams| / |n-grams|;     0 where no text has n tokens

    It falls with the amount of text: compare texts of one length and number.  In the source
    the number of tokens stands below, which for n above 1 is a little more.

    Raises:
        ValueError: ``n`` is below 1.
    Source: Li et al. 2016, "A Diversity-Promoting Objective Function for Neural Conversation
        Models", section 5.
    Guide: 9.2 (G40).
    """
    found = [gram for tokens in texts for gram in ngrams_of(tokens, n)]
    return len(set(found)) / len(found) if found else 0.0


def repetition(tokens: Tokens, n: int) -> float:
    """How many n-grams of a text it had before, as a share: ``1 - distinct_n`` of it alone.

    0 where the text has fewer than n tokens.

    Raises:
        ValueError: ``n`` is below 1.
    Source: Welleck et al. 2020, "Neural Text Generation with Unlikelihood Training", section 6,
        seq-rep-n.
    Guide: 9.2 (G40).
    """
    return 1.0 - distinct([tokens], n) if len(tokens) >= n else 0.0
