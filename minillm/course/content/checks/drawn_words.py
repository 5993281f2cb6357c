"""What words that are drawn by their counts must have, for exercise 03.2."""

from __future__ import annotations

import math

import numpy as np

from minillm.course.content.checks.common import Function, shaped, told

WORDS = ("the words", "抽到的词")


def counted(n: int, seed: int) -> np.ndarray:
    """Counts of ``n`` words that occur, and of others that do not: first, last, or between."""
    rng = np.random.default_rng(seed)
    counts = np.zeros(n + seed % 4, dtype=np.int64)
    counts[rng.permutation(len(counts))[:n]] = rng.integers(1, 30, n)
    return counts


def middles(weights: list[float], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A number from the inside of the stretch of each word drawn, and these words; 0 first."""
    rng = np.random.default_rng(seed)
    total, words = math.fsum(weights), [w for w, weight in enumerate(weights) if weight]
    wanted = [words[0], *(int(w) for w in rng.choice(words, seed % 7))]
    places = [0.0]
    for w in wanted[1:]:
        inside = rng.uniform(0.02, 0.98)
        places.append((math.fsum(weights[:w]) + inside * weights[w]) / total)
    return np.array(places), np.array(wanted)


def draws(drawn: Function, counts: np.ndarray, power: float, r: np.ndarray) -> np.ndarray:
    """The student's words."""
    return shaped(WORDS, drawn(counts, power, r), r.shape)


def same_words(found: np.ndarray, wanted: np.ndarray, r: np.ndarray) -> None:
    """Refuse other words than those that are wanted."""
    told(
        bool(np.array_equal(found, wanted)),
        f"the words {found.tolist()} for r = {r.round(4).tolist()}",
        f"对 r = {r.round(4).tolist()} 抽到的词是 {found.tolist()}",
    )


def draws_by_the_counts(drawn: Function, n: int, seed: int) -> None:
    """With power 1 as often as the words occur."""
    counts = counted(n, seed)
    r, wanted = middles([float(count) for count in counts], seed)
    same_words(draws(drawn, counts, 1.0, r), wanted, r)


def draws_by_powers(drawn: Function, n: int, quarters: int, seed: int) -> None:
    """With another power."""
    counts, power = counted(n, seed), quarters / 4
    r, wanted = middles([float(c) ** power if c else 0.0 for c in counts], seed)
    same_words(draws(drawn, counts, power, r), wanted, r)


def draws_alike(drawn: Function, n: int, seed: int) -> None:
    """With power 0 all words that occur are equally probable, and the others still are not."""
    counts = counted(n, seed)
    r, wanted = middles([float(c > 0) for c in counts], seed)
    same_words(draws(drawn, counts, 0.0, r), wanted, r)
