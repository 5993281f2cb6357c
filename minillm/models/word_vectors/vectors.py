"""Words and their vectors: which words are near each other."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import directions_and_lengths
from minillm.models.word_vectors.settings import whole

CELLS = 2**22  # cosines that are in memory at once


class Neighbour(NamedTuple):
    """A word, and the cosine of the angle between its vector and the one that was asked for."""

    word: str
    cosine: float


class WordVectors:
    """A vector for each word: ``table[i]`` is that of ``words[i]``, the most frequent word first.

    Shapes: ``table (V, D)``, floats; ``words`` V strings, each once.

    Raises:
        ValueError: no words; not one row for each word; a width of 0; an empty word, one that
            comes twice; a number that is not finite.
        TypeError: ``words`` is one string, or something in it is not a string.
    Guide: 2.1 (G11).
    """

    def __init__(self, words: Sequence[str], table: Any):
        self.words, self.table = require_words(words), require_table(table)
        if len(self.words) != len(self.table):
            raise ValueError(
                f"WordVectors: {len(self.words)} words but {len(self.table)} rows of the table: "
                "one each is needed"
            )
        self.number = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.number

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector of a word, (D,); see ``ids`` for words that have none."""
        row: np.ndarray = self.table[self.ids([word])[0]]
        return row

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self.table.shape[1])

    @cached_property
    def directions(self) -> np.ndarray:
        """The vectors at length 1, (V, D); a vector of zeros stays one."""
        found: np.ndarray = directions_and_lengths(self.table.astype(np.float32))[0]
        return found

    def ids(self, words: Sequence[str]) -> np.ndarray:
        """The rows of some words, (N,) ``int64``.

        Raises:
            ValueError: a word has no vector; words that are spelled nearly like it are named.
            TypeError: ``words`` is one string.
        """
        refuse_text(words)
        for word in words:
            if word not in self.number:
                raise ValueError(f"no vector for {word!r}{self.hint(word)}")
        return np.array([self.number[word] for word in words], dtype=np.int64)

    def hint(self, word: str) -> str:
        """The end of a message: words that are spelled nearly like one that is not here."""
        alike = [other for other in self.words if abs(len(other) - len(word)) <= 2]
        near = difflib.get_close_matches(word, alike, n=3)
        return f"; did you mean {', '.join(near)}?" if near else ""

    def nearest(self, words: Sequence[str], count: int = 10) -> list[list[Neighbour]]:
        """For each word those whose vectors point most nearly the same way, itself left out::

            cos(x, y) = x · y / (|x| |y|)

        Of equally near words the one that comes first in ``words`` is first.

        Raises:
            ValueError: a word without a vector; ``count`` is below 1.
            TypeError: ``words`` is one string; ``count`` is not an integer.
        """
        ids = self.ids(words)
        return self.nearest_to(self.directions[ids], count, without=ids[:, None])

    def nearest_to(
        self, vectors: Any, count: int = 10, *, without: np.ndarray | None = None
    ) -> list[list[Neighbour]]:
        """For each vector the words nearest to it by cosine, but for some.

        Shapes: ``vectors (N, D)``, ``without (N, M)`` rows of words that are passed over.

        Raises:
            ValueError: vectors of another width; ``count`` is below 1.
            TypeError: ``count`` is not an integer.
        """
        best, cosines = self.best(vectors, count, without)
        return [
            [Neighbour(self.words[i], float(c)) for i, c in zip(*row, strict=True) if c > -np.inf]
            for row in zip(best, cosines, strict=True)
        ]

    def best(
        self, vectors: Any, count: int, without: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """What ``nearest_to`` says, as rows of words and cosines, (N, count) each.

        The cosine of a word that is passed over is minus infinity.
        """
        asked = np.asarray(vectors, dtype=np.float32)
        if asked.ndim != 2 or asked.shape[1] != self.width:
            raise ValueError(f"vectors must be (N, {self.width}), got {asked.shape}")
        whole("count", count, least=1)
        asked, _ = directions_and_lengths(asked)
        count = min(int(count), len(self))
        ids, cosines = np.zeros((2, len(asked), count))
        rows = max(1, CELLS // len(self))
        for start in range(0, len(asked), rows):
            part = slice(start, start + rows)
            scores = asked[part] @ self.directions.T  # (n, V)
            if without is not None:
                np.put_along_axis(scores, without[part], -np.inf, axis=1)
            ids[part], cosines[part] = highest(scores, count)
        return ids.astype(np.int64), cosines


def highest(scores: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the ``count`` highest numbers of each row stand, and these, from the highest on.

    Of equal numbers those that come first in the row are taken, and in that order.
    """
    if count == 1:  # the quick way: an analogy asks for one word of very many
        first = scores.argmax(axis=1)[:, None]
        return first, np.take_along_axis(scores, first, axis=1)
    last = np.partition(scores, -count, axis=1)[:, -count, None]  # the lowest that is taken
    spare = count - (scores > last).sum(axis=1, keepdims=True)  # places for those equal to it
    equal = scores == last
    taken = (scores > last) | (equal & (equal.cumsum(axis=1) <= spare))
    places = np.nonzero(taken)[1].reshape(len(scores), count)
    found = np.take_along_axis(scores, places, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1), np.take_along_axis(found, order, axis=1)


def require_words(words: Any) -> tuple[str, ...]:
    """The words as a tuple, once each is known to be a string that is there once."""
    refuse_text(words)
    seen: dict[str, int] = {}
    for i, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"WordVectors: word {i} must be a string, got {word!r}")
        if not word:
            raise ValueError(f"WordVectors: word {i} is empty")
        if word in seen:
            raise ValueError(f"WordVectors: word {i}, {word!r}, is also word {seen[word]}")
        seen[word] = i
    if not seen:
        raise ValueError("WordVectors: at least one word is needed, got none")
    return tuple(seen)


def require_table(table: Any) -> np.ndarray:
    """The table as an array of floats, once it has two axes and only finite numbers."""
    array = np.asarray(table)
    if array.ndim != 2 or array.shape[1] < 1 or array.dtype.kind not in "fiu":
        raise ValueError(
            f"WordVectors: the table must be (V, D) numbers, got {array.dtype} {array.shape}"
        )
    array = array if array.dtype.kind == "f" else array.astype(np.float32)
    rows = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if len(rows):
        raise ValueError(f"WordVectors: row {rows[0]} of the table has a number that is not finite")
    return array


def refuse_text(words: Any) -> None:
    """A string is a sequence of strings, too: each letter would be a word."""
    if isinstance(words, str):
        raise TypeError(f"expected a list of words, got the text {words[:40]!r}")
