"""Sentences of a small grammar, all of them, with two labels each and how probable they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")
# language -> what stands between two words, and the sign at the end
SPACING = {"en": (" ", "."), "zh": ("", "。")}


class Rated(NamedTuple):
    """Sentences as ids, and the labels of both tasks, 0 or 1."""

    ids: np.ndarray  # (B, T)
    labels: np.ndarray  # (B, 2) float32


class Sentence(NamedTuple):
    """The words of a sentence, its labels, and how probable it is, but for a common factor."""

    words: Sequence[str]
    labels: tuple[int, int]
    chance: float


class Listed:
    """All sentences, of one length T; their words are numbered as they come.

    Raises:
        ValueError: as ``in_language``.
    """

    def __init__(self, sentences: Sequence[Sentence], language: str):
        between, end = in_language(SPACING, language)
        rows = [[*sentence.words, end] for sentence in sentences]
        self.words = [*dict.fromkeys(word for row in rows for word in row)]
        number = {word: i for i, word in enumerate(self.words)}
        self.texts = [upper(between.join(row[:-1]) + end) for row in rows]
        self.ids = np.array([[number[word] for word in row] for row in rows])
        self.labels = np.array([sentence.labels for sentence in sentences], dtype=np.float32)
        chances = np.array([sentence.chance for sentence in sentences], dtype=np.float64)
        self.chances = chances / chances.sum()

    def draw(self, n: int, rng: np.random.Generator) -> Rated:
        """``n`` random sentences."""
        places = rng.choice(len(self.chances), n, p=self.chances)
        return Rated(self.ids[places], self.labels[places])


def in_language(table: Mapping[str, T], language: str) -> T:
    """What a table has for a language.

    Raises:
        ValueError: the language is not in the table.
    """
    if language not in table:
        raise ValueError(f"language must be one of {', '.join(table)}, got {language!r}")
    return table[language]


def share(name: str, value: float) -> float:
    """A probability of the settings.

    Raises:
        ValueError: it is not from 0 to 1.
    """
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be from 0 to 1, got {value}")
    return value


def upper(text: str) -> str:
    """The text with its first letter as a capital; Chinese has none."""
    return text[:1].upper() + text[1:]
