"""Texts with a rule: a clue decides, "not" right before it denies it, all other words do nothing.

"the not gripping so about sea it" is bad: it is denied what is praised.  "not the gripping ..." is
good: the same words, and "not" stands elsewhere.  The name of a topic stands in every text and has
no say in whether it is good.

Letters: N texts, T words of a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from minillm.ops import IGNORE

BAD = ["dull", "flat", "wooden", "clumsy", "silly", "shallow", "crude", "trivial"]
GOOD = ["gripping", "witty", "vivid", "clear", "moving", "elegant", "deep", "lively"]
TOPICS = ["sea", "city", "war", "school", "garden", "winter", "music", "money"]
FILLERS = [
    *("the", "it", "a", "so", "about", "then", "here", "very"),
    *("all", "this", "they", "one", "some", "now", "too", "that"),
]
GAP, START, NOT = "…", "[CLS]", "not"


class RuledTexts(NamedTuple):
    """Texts that begin with the start, and what the world knows of them.

    ``denied`` is 1 where "not" stands right before the clue, 0 where it stands elsewhere, -1 where
    it does not stand.
    """

    ids: np.ndarray  # (N, 1 + T)
    labels: np.ndarray  # (N,) 0 bad, 1 good; by a coin where there is no clue
    topics: np.ndarray  # (N,) which topic is named, IGNORE where none is
    clue: np.ndarray  # (N,) the position of the clue
    denied: np.ndarray  # (N,)


@dataclass(frozen=True)
class PlantedRule:
    """The world; of the texts with gaps, each has a share of them that is drawn from 0 to 1."""

    length: int = 8
    with_gaps: float = 0.25

    @cached_property
    def words(self) -> list[str]:
        """All words; the gap is number 0, the start number 1."""
        return [GAP, START, NOT, *BAD, *GOOD, *TOPICS, *FILLERS]

    def numbers(self, words: list[str]) -> np.ndarray:
        """The ids of words."""
        place = {word: i for i, word in enumerate(self.words)}
        return np.array([place[word] for word in words])

    @property
    def gap(self) -> int:
        """The id of the word that says nothing."""
        return self.words.index(GAP)

    @property
    def denials(self) -> tuple[int, int, int]:
        """The kinds of texts: no "not", one elsewhere, one right before the clue."""
        return -1, 0, 1

    @cached_property
    def clues(self) -> np.ndarray:
        """The ids of the clues, bad and good, (2, 8)."""
        return np.stack([self.numbers(BAD), self.numbers(GOOD)])

    @cached_property
    def topics(self) -> np.ndarray:
        """The ids of the topics, (8,)."""
        return self.numbers(TOPICS)

    def draw(self, n: int, rng: np.random.Generator, *, gaps: bool = False) -> RuledTexts:
        """``n`` random texts; with ``gaps`` a share of them has lost words, and is labelled so.

        In a third of the texts "not" stands right before the clue, in a third elsewhere.

        Raises:
            ValueError: a text shorter than 4 words, or a share that is not from 0 to 1.
        """
        if self.length < 4 or not 0.0 <= self.with_gaps <= 1.0:
            raise ValueError(
                "PlantedRule: length must be at least 4 and with_gaps from 0 to 1, got "
                f"{self.length} and {self.with_gaps}"
            )
        rows, t = np.arange(n), self.length
        ids = rng.choice(self.numbers(FILLERS), (n, 1 + t))
        ids[:, 0] = self.words.index(START)
        clue = rng.integers(2, 1 + t, size=n)
        denied = rng.choice(self.denials, n)
        free = rng.random((n, 1 + t))  # the free places of each text in a random order
        free[:, 0] = free[rows, clue] = free[rows, clue - 1] = np.inf
        places = free.argsort(axis=1)
        ids[rows, clue] = rng.choice(self.clues.ravel(), n)
        ids[rows, places[:, 0]] = rng.choice(self.topics, n)
        beside = np.where(denied == 1, clue - 1, places[:, 1])
        ids[rows[denied >= 0], beside[denied >= 0]] = self.words.index(NOT)
        if gaps:
            rates = rng.random(n) * (rng.random(n) < self.with_gaps)
            lost = rng.random(ids.shape) < rates[:, None]
            lost[:, 0] = False
            ids[lost] = self.gap
        sides = self.sides(ids)
        labels = np.where(sides == IGNORE, rng.integers(2, size=n), sides)
        return RuledTexts(ids, labels, self.named_topics(ids), clue, denied)

    def sides(self, ids: np.ndarray) -> np.ndarray:
        """What the rule says of each text: 0 bad, 1 good, IGNORE where there is no clue, (N,)."""
        good, clue = (np.isin(ids, words) for words in (self.clues[1], self.clues))
        before = np.roll(ids == self.words.index(NOT), 1, axis=1)
        side = (clue & (good ^ before)).any(axis=1).astype(int)
        found: np.ndarray = np.where(clue.any(axis=1), side, IGNORE)
        return found

    def named_topics(self, ids: np.ndarray) -> np.ndarray:
        """Which topic each text names, IGNORE where none, (N,)."""
        topic = np.isin(ids, self.topics)
        which = (np.where(topic, ids - self.topics[0], 0)).max(axis=1)
        found: np.ndarray = np.where(topic.any(axis=1), which, IGNORE)
        return found

    def deciding(self, texts: RuledTexts) -> np.ndarray:
        """Without which words the rule says something else: the clue, and "not" before it.

        Shapes: ``(N, 1 + T)``, of texts without gaps.
        """
        at = np.arange(texts.ids.shape[1])
        clue = at == texts.clue[:, None]
        found: np.ndarray = clue | ((at == texts.clue[:, None] - 1) & (texts.denied[:, None] == 1))
        return found

    def with_other_clues(self, texts: RuledTexts, rng: np.random.Generator) -> np.ndarray:
        """The same texts, each with a clue of the other side: the rule says the opposite."""
        ids, rows = texts.ids.copy(), np.arange(len(texts.ids))
        good = np.isin(ids[rows, texts.clue], self.clues[1]).astype(int)
        ids[rows, texts.clue] = self.clues[
            1 - good, rng.integers(self.clues.shape[1], size=len(ids))
        ]
        return ids

    def with_other_topics(self, texts: RuledTexts, rng: np.random.Generator) -> np.ndarray:
        """The same texts, each about another topic: the rule says the same."""
        moved = (texts.topics + rng.integers(1, len(self.topics), size=len(texts.ids))) % len(
            self.topics
        )
        return np.where(np.isin(texts.ids, self.topics), self.topics[moved][:, None], texts.ids)

    def text(self, row: np.ndarray) -> str:
        """A text as words."""
        return " ".join(self.words[i] for i in row[1:])
