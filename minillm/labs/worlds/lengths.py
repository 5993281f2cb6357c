"""Texts of many lengths, and what the last opinion in them is, or the first.

"still dull, now gripping then ?" has two opinions among words that judge nothing; who is asked
for the last one says good, who is asked for the first one bad.  How far the last opinion stands
from the question does not depend on how long a text is; how far the first one stands does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.lexicons import Lexicons
from minillm.labs.worlds.listed import SPACING, in_language, share

PADDING, QUESTION = "", "?"
FILLERS = {
    "en": "so well then now here there still also just again maybe often quite anyway once later",
    "zh": "于是 那么 然后 现在 这里 那里 仍然 也 只是 又 也许 经常 其实 反正 一度 后来",
}
TASKS = ["last", "first"]  # which opinion is asked for


class Asked(NamedTuple):
    """Texts as ids, padded on the left, and the label of each of ``TASKS``: 0 bad, 1 good."""

    ids: np.ndarray  # (N, T)
    labels: np.ndarray  # (N, 2)

    def only(self, chosen: np.ndarray | slice) -> Asked:
        """Some of them, by their numbers."""
        return Asked(self.ids[chosen], self.labels[chosen])


@dataclass(frozen=True)
class Lengths:
    """The world in a language; each word is an opinion with the probability ``often``.

    Letters: N texts, L words of the longest, T = L + 1 with the question.
    """

    language: str = "en"
    opinions: int = 8  # words of each side
    often: float = 0.35

    @cached_property
    def sides(self) -> list[list[str]]:
        """The words that blame, and those that praise.

        Raises:
            ValueError: fewer than one of each, or more than there are.
        """
        books = Lexicons(self.language).sides[0]
        if not 1 <= self.opinions <= len(books[0]):
            raise ValueError(
                f"Lengths: opinions must be from 1 to {len(books[0])}, got {self.opinions}"
            )
        return [side[: self.opinions] for side in books]

    @cached_property
    def words(self) -> list[str]:
        """All words by their ids: padding, the question, what judges nothing, bad, good."""
        fillers = in_language(FILLERS, self.language).split()
        return [PADDING, QUESTION, *fillers, *self.sides[0], *self.sides[1]]

    @property
    def n_fillers(self) -> int:
        """How many words judge nothing."""
        return len(self.words) - 2 - 2 * self.opinions

    def side(self, ids: np.ndarray) -> np.ndarray:
        """The side of each word: 0 bad, 1 good, -1 where it judges nothing."""
        return np.where(ids < 2 + self.n_fillers, -1, (ids - 2 - self.n_fillers) // self.opinions)

    def draw(self, n: int, shortest: int, longest: int, rng: np.random.Generator) -> Asked:
        """``n`` texts of ``shortest`` to ``longest`` words, each length as often, (N, L + 1).

        Where chance gave a text no opinion, one of its words becomes one.

        Raises:
            ValueError: lengths that are not ``1 <= shortest <= longest``; a share of opinions that
                is not from 0 to 1.
        """
        if not 1 <= shortest <= longest:
            raise ValueError(
                "Lengths.draw: 1 <= shortest <= longest is needed, got "
                f"shortest {shortest} and longest {longest}"
            )
        lengths = rng.integers(shortest, longest + 1, size=n)
        judging = rng.random((n, longest)) < share("often", self.often)
        at_least = longest - 1 - (rng.random(n) * lengths).astype(int)
        real = np.arange(longest) >= longest - lengths[:, None]
        judging &= real
        judging[np.arange(n), at_least] |= ~judging.any(axis=1)
        opinions = 2 + self.n_fillers + rng.integers(2 * self.opinions, size=judging.shape)
        fillers = 2 + rng.integers(self.n_fillers, size=judging.shape)
        words = np.where(judging, opinions, fillers) * real
        ids = np.concatenate([words, np.ones((n, 1), dtype=words.dtype)], axis=1)
        first = judging.argmax(axis=1)
        last = longest - 1 - judging[:, ::-1].argmax(axis=1)
        places = np.stack([last, first], axis=1)
        return Asked(ids, self.side(np.take_along_axis(ids, places, axis=1)))

    def text(self, row: np.ndarray) -> str:
        """A text as it is read."""
        between, _ = SPACING[self.language]
        return between.join(self.words[i] for i in row if self.words[i])
