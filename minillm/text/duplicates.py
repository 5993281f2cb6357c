"""Texts that say the same: exactly, or in nearly the same words.

What stands in a text ten times is learned ten times, and remembered.

Letters: K hashes, B bands of R hashes each.
"""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import count

import numpy as np

from minillm.text.cleaning import require_texts, text_key

PRIME = 2**31 - 1  # a product of two numbers below it fits into 64 bits


def without_copies(texts: Sequence[str]) -> list[int]:
    """Which texts stay if each is kept once: the numbers of the first, in order.

    Texts are equal if they differ in case and blanks only, as for ``clean``.

    Raises:
        TypeError: one text is given for a list.
    Source: Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better",
        arXiv:2107.06499.
    Guide: 8.2.2, 9.3.2 (G5, G54).
    """
    require_texts(texts)
    first: dict[str, int] = {}
    for i, text in enumerate(texts):
        first.setdefault(text_key(text), i)
    return [*first.values()]


def shingles(words: Sequence[Hashable], n: int) -> set[tuple[Hashable, ...]]:
    """All runs of ``n`` words; a shorter text is one run.

    Raises:
        ValueError: ``n`` is below 1.
    """
    if n < 1:
        raise ValueError(f"shingles: n must be at least 1, got {n}")
    return {tuple(words[i : i + n]) for i in range(max(len(words) - n, 0) + 1)}


def jaccard(a: set, b: set) -> float:
    """How alike two sets are: ``|a and b| / |a or b|``; 1 for two empty ones."""
    return len(a & b) / len(a | b) if a or b else 1.0


def minhash(runs: Iterable[Hashable], k: int) -> np.ndarray:
    """The least of each of K random numberings of what is in a set, (K,)::

        m_j = min over x of (a_j h(x) + b_j) mod p          P(m_j(A) = m_j(B)) = jaccard(A, B)

    The share of equal entries of two signatures estimates how alike the sets are.

    Raises:
        ValueError: the set is empty, or ``k`` is below 1.
    Source: Broder 1997, "On the Resemblance and Containment of Documents".
    Guide: 8.2.2 (G54).
    """
    hashes = np.array([number_of(run) for run in runs], dtype=np.uint64)
    if not hashes.size or k < 1:
        raise ValueError(f"minhash: needs something to hash and k >= 1, got {hashes.size}, k={k}")
    a, b = (np.array(numbers, dtype=np.uint64)[:, None] for numbers in numberings(k))
    return ((a * hashes + b) % np.uint64(PRIME)).min(axis=1)


@functools.cache
def numberings(k: int) -> tuple[list[int], list[int]]:
    """``a_j``, not 0, and ``b_j`` of K numberings, the same in every process."""
    a = [1 + number_of(("a", j)) % (PRIME - 1) for j in range(k)]
    return a, [number_of(("b", j)) for j in range(k)]


def number_of(run: Hashable) -> int:
    """A number below ``PRIME``, the same in every process."""
    digest = hashlib.blake2b(repr(run).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % PRIME


def without_near_copies(
    texts: Sequence[Sequence[Hashable]],
    *,
    n: int = 3,
    alike: float = 0.5,
    bands: int = 32,
    rows: int = 2,
) -> list[int]:
    """Which texts stay if none is nearly one that stays before it, as numbers, in order.

    Two are near copies if their ``shingles`` of ``n`` words have a ``jaccard`` of at least
    ``alike``.  Only pairs are compared of which all hashes of some band agree::

        P(compared) = 1 - (1 - jaccard^R)^B

    A text is a list of words.

    Raises:
        TypeError: one text is given for a list.
        ValueError: ``alike`` is not above 0 and at most 1; ``bands`` or ``rows`` is below 1.
    Source: Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better",
        arXiv:2107.06499, section on near duplicates (there with edit distance, too).
    Guide: 8.2.2, 9.3.2 (G5, G54).
    """
    require_texts(texts)
    if not 0 < alike <= 1 or bands < 1 or rows < 1:
        raise ValueError(
            "without_near_copies: alike must be above 0 and at most 1, bands and rows at least "
            f"1, got {alike}, {bands} and {rows}"
        )
    buckets: defaultdict[tuple, list[int]] = defaultdict(list)
    kept: dict[int, set] = {}
    for i, words in zip(count(), texts, strict=False):
        runs = shingles(words, n)
        signature = minhash(runs, bands * rows).reshape(bands, rows).tolist()
        keys = [(band, *part) for band, part in enumerate(signature)]
        met = {j for key in keys for j in buckets[key]}
        if any(jaccard(runs, kept[j]) >= alike for j in met):
            continue
        kept[i] = runs
        for key in keys:
            buckets[key].append(i)
    return [*kept]
