"""How often each word stands near each other word: the counts that GloVe learns from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import check_ids
from minillm.models.word_vectors.settings import whole


class Cooccurrences(NamedTuple):
    """The cells of X that are not 0, in the order of their rows, and in a row of their columns.

    Shapes: ``rows (N,), columns (N,)`` ``int64``, ``counts (N,)`` ``float64``; X is ``(V, V)``.
    """

    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray
    vocabulary_size: int

    def dense(self) -> np.ndarray:
        """X itself, (V, V): for small vocabularies."""
        x = np.zeros((self.vocabulary_size, self.vocabulary_size))
        x[self.rows, self.columns] = self.counts
        return x

    @classmethod
    def of_dense(cls, x: Any) -> Cooccurrences:
        """The counts of a square table.

        Raises:
            ValueError: it is not square; a count is negative or not finite; all are 0.
        """
        table = np.asarray(x, dtype=np.float64)
        if table.ndim != 2 or table.shape[0] != table.shape[1]:
            raise ValueError(f"counts must be a square table (V, V), got {table.shape}")
        if not np.isfinite(table).all() or (table < 0).any() or not table.any():
            raise ValueError("counts must be finite, not negative, and not all 0")
        rows, columns = np.nonzero(table)
        return cls(rows, columns, table[rows, columns], len(table))


@dataclass(frozen=True)
class Window:
    """Which words are near each other, and how much a pair counts.

    Raises:
        ValueError: the size is below 1.
        TypeError: it is not an integer.
    """

    size: int = 10  # the most places apart
    by_distance: bool = True  # a pair d places apart counts 1/d, otherwise 1
    symmetric: bool = True  # what stands on both sides; otherwise what follows

    def __post_init__(self) -> None:
        whole("size", self.size, least=1)


def count_cooccurrences(
    sentences: Iterable[Any],
    vocabulary_size: int,
    window: Window | None = None,
    *,
    chunk: int = 200_000,
) -> Cooccurrences:
    """Counts of the words that stand near each other in a sentence, never across its border::

        X_ij = sum of 1/|s - t| over all places s, t with words i, j and 0 < |s - t| <= size

    If the window is not symmetric, only places with ``s < t`` count.  The text is taken in parts
    of about ``chunk`` words, and what was counted is merged, so that memory is needed for the
    cells that are not 0, and not for the text.

    Shapes: ``sentences`` are rows of ids ``(T,)``.

    Raises:
        ValueError: a vocabulary or chunk below 1; a sentence that is not one row of ids; no
            sentence with two words.
        IndexError, TypeError: ids as in ``check_ids``.
    Source: Pennington, Socher & Manning 2014, "GloVe: Global Vectors for Word Representation",
        section 4.2 for the weights 1/d.
    Guide: 4.1.1 (G10).
    """
    if vocabulary_size < 1 or chunk < 1:
        raise ValueError(
            f"vocabulary_size and chunk must be at least 1, got {vocabulary_size} and {chunk}"
        )
    waiting: list[tuple[np.ndarray, np.ndarray]] = []  # each larger than the next
    for ids, sentence in parts(sentences, vocabulary_size, chunk):
        counted = counts_of_part(ids, sentence, vocabulary_size, window or Window())
        while waiting and len(waiting[-1][0]) <= 2 * len(counted[0]):
            counted = merged([waiting.pop(), counted])
        waiting.append(counted)
    keys, counts = merged(waiting) if waiting else (np.zeros(0, dtype=np.int64), np.zeros(0))
    if not len(keys):
        raise ValueError("count_cooccurrences: no sentence has two words, so nothing is near")
    return Cooccurrences(*np.divmod(keys, vocabulary_size), counts, vocabulary_size)


def parts(
    sentences: Iterable[Any], vocabulary_size: int, chunk: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Whole sentences until they have ``chunk`` words: ids in a row, and each one's sentence."""
    rows: list[np.ndarray] = []
    words = 0
    for number, row in enumerate(sentences):
        array = check_ids(row, vocabulary_size, name=f"sentence {number}: token id")
        if array.ndim != 1:
            raise ValueError(f"sentence {number} must be a row of ids, got shape {array.shape}")
        rows.append(array.astype(np.int64))
        words += len(array)
        if words >= chunk:
            yield joined(rows)
            rows, words = [], 0
    if rows:
        yield joined(rows)


def joined(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The rows one behind the other, and the number of the row that each id is from."""
    return np.concatenate(rows), np.repeat(np.arange(len(rows)), [len(row) for row in rows])


def counts_of_part(
    ids: np.ndarray, sentence: np.ndarray, vocabulary_size: int, window: Window
) -> tuple[np.ndarray, np.ndarray]:
    """The keys ``i V + j`` of the cells of X that are not 0, ascending, and their counts."""
    found = []
    for d in range(1, min(window.size, len(ids) - 1) + 1):
        inside = sentence[:-d] == sentence[d:]
        left, right = ids[:-d][inside], ids[d:][inside]
        counts = np.full(len(left), 1 / d if window.by_distance else 1.0)
        found.append((left * vocabulary_size + right, counts))
        if window.symmetric:
            found.append((right * vocabulary_size + left, counts))
    return merged(found) if found else (np.zeros(0, dtype=np.int64), np.zeros(0))


def merged(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Each key once, ascending, with the sum of its counts."""
    keys, counts = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(keys, kind="stable")  # quick where the parts are sorted already
    keys, counts = keys[order], counts[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first], np.add.reduceat(counts, first) if len(first) else counts
