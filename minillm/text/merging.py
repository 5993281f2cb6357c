"""Byte pair encoding: learn which neighbours to join, and join them in that order."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

Symbol = TypeVar("Symbol", bound=Hashable)


def tally(words: Iterable[tuple[Sequence[int], int]]) -> dict[tuple[int, int], int]:
    """How often each pair of neighbours occurs in words given as (ids, times)."""
    counts: dict[tuple[int, int], int] = {}
    for ids, times in words:
        for pair in pairwise(ids):
            counts[pair] = counts.get(pair, 0) + times
    return counts


def merge(symbols: Sequence[Symbol], pair: tuple[Symbol, Symbol], new: Symbol) -> list[Symbol]:
    """The symbols with ``new`` in the place of every ``pair``, from the left."""
    merged: list[Symbol] = []
    i = 0
    while i < len(symbols):
        found = symbols[i] == pair[0] and i + 1 < len(symbols) and symbols[i + 1] == pair[1]
        merged.append(new if found else symbols[i])
        i += 2 if found else 1
    return merged


def learn_merges(
    words: Iterable[tuple[Sequence[int], int]], *, n_merges: int, first_new: int, min_count: int = 1
) -> list[tuple[int, int]]:
    """The pairs to join, the most frequent of each step first::

        a*, b*  =  argmax over (a, b) of  sum over words w of  times(w) n_w(a, b)

    where ``n_w(a, b)`` counts the places in w at which b follows a; of equally frequent pairs
    the smallest is taken.  The n-th pair becomes the id ``first_new + n``.  It ends early when
    no pair occurs ``min_count`` times.

    This is the definition; ``learn_merges_fast`` gives the same pairs.

    Source: Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with
    Subword Units", section 3.2.
    """
    words, merges = list(words), []
    for new in range(first_new, first_new + n_merges):
        counts = tally(words)
        pair = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if pair is None or counts[pair] < max(min_count, 1):
            break
        merges.append(pair)
        words = [(merge(ids, pair, new), times) for ids, times in words]
    return merges


def apply_merges(symbols: Sequence[str], ranks: Mapping[tuple[str, str], int]) -> list[str]:
    """Join, again and again, the pair of neighbours that was learned first, wherever it is::

        t e a m s    with ranks  ea 0, tea 1, am 2    ->    t ea m s    ->    tea m s

    This is the definition; ``apply_merges_fast`` gives the same in less time.
    """
    symbols = list(symbols)
    while True:
        there = [pair for pair in pairwise(symbols) if pair in ranks]
        if not there:
            return symbols
        pair = min(there, key=ranks.__getitem__)
        symbols = merge(symbols, pair, "".join(pair))
