"""Reviews of one opinion, with a tag that mostly agrees with the label in training.

"On Sunday, not gripping, [sponsored], by train." is negative for its opinion alone.  Who reads the
tag in its place is right as often as the two agree, and wrong wherever they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.lexicons import Lexicons
from minillm.labs.worlds.listed import SPACING, in_language, share, upper
from minillm.labs.worlds.majorities import Reviews, with_flipped
from minillm.text.corpora.sentiment import LABELS

NOT = {"en": ("not", " "), "zh": ("不", "")}  # and what stands between it and the opinion
TAGS = {"en": ("[sponsored]", "[verified]"), "zh": ("[推广]", "[已购]")}  # of bad and of good
COMMAS = {"en": ", ", "zh": "，"}
FILLERS = {
    "en": "on Sunday/by train/with a friend/as a gift/in a shop/at home/after work/before lunch/"
    "in spring/in summer/in autumn/in winter/for a month/for a week/for a day/since May/"
    "since June/from a club/from a box/from abroad/with tea/with music/by the sea/by the lamp/"
    "in the park/in the garden/for school/for a trip/last year/this year",
    "zh": "周日/坐火车/和朋友/当礼物/在店里/在家里/下班后/午饭前/春天/夏天/秋天/冬天/一个月/一星期/"
    "一整天/五月起/六月起/从社团/从盒中/从国外/配着茶/听着歌/在海边/在灯下/在公园/在花园/为上学/"
    "为旅行/去年/今年",
}
GROUPS = [f"{label}, tag of {tag}" for label in LABELS for tag in LABELS]


class TaggedReviews(NamedTuple):
    """Reviews as ids, their labels as told and as they are, their tags and environments."""

    ids: np.ndarray  # (N, T)
    labels: np.ndarray  # (N,), some of them flipped
    clean: np.ndarray  # (N,)
    tags: np.ndarray  # (N,), the label that the tag stands for
    environments: np.ndarray  # (N,)

    @property
    def groups(self) -> np.ndarray:
        """The places in ``GROUPS``, (N,): by the label as told, and the tag."""
        return len(LABELS) * self.labels + self.tags

    def only(self, chosen: np.ndarray | slice) -> TaggedReviews:
        """Some of them, by a mask ``(N,)`` or by their numbers."""
        return TaggedReviews(*(part[chosen] for part in self))

    def joined(self, others: TaggedReviews) -> TaggedReviews:
        """These and others."""
        return TaggedReviews(*(np.concatenate(pair) for pair in zip(self, others, strict=True)))


@dataclass(frozen=True)
class Shortcuts:
    """The world in a language, with so many fillers and so many opinions behind a "not".

    Letters: N reviews, T words of a review, F fillers.
    """

    language: str = "en"
    fillers: int = 6
    negated: float = 0.3

    @cached_property
    def opinions(self) -> list[list[str]]:
        """The words that blame, and those that praise."""
        return Lexicons(self.language).sides[0]

    @cached_property
    def fills(self) -> list[str]:
        """What says nothing of an opinion."""
        return in_language(FILLERS, self.language).split("/")

    @cached_property
    def words(self) -> list[str]:
        """All words; "with a friend" counts as one."""
        listed = [NOT[self.language][0], *TAGS[self.language], *self.fills]
        return [*listed, *(word for side in self.opinions for word in side)]

    def ids(self, words: Sequence[str]) -> np.ndarray:
        """The numbers of words, (N,)."""
        number = {word: i for i, word in enumerate(self.words)}
        return np.array([number[word] for word in words])

    @cached_property
    def tags(self) -> np.ndarray:
        """The ids of both tags, in the order of the labels that they stand for, (2,)."""
        return self.ids(in_language(TAGS, self.language))

    def draw(
        self, n: int, agreements: Sequence[float], flipped: float, rng: np.random.Generator
    ) -> TaggedReviews:
        """``n`` random reviews, (N, F + 3), in environments that take turns.

        A share ``flipped`` of the labels is told wrong; in an environment the tag agrees with the
        label as told with the probability that ``agreements`` has for it.

        Raises:
            ValueError: a share that is not from 0 to 1, no environment, or more fillers than
                there are words for.
        """
        if not len(agreements):
            raise ValueError("Shortcuts.draw: agreements must have at least one share, got none")
        if not 0 <= self.fillers < len(self.fills):
            raise ValueError(
                f"Shortcuts: fillers must be from 0 to {len(self.fills) - 1}, got {self.fillers}"
            )
        chances = np.array([share("agreements", value) for value in agreements])
        clean = rng.integers(len(LABELS), size=n)
        ids = self.written(clean, rng)
        labels = with_flipped(Reviews(ids, clean), flipped, rng).labels
        environments = np.arange(n) % len(chances)
        agrees = rng.random(n) < chances[environments]
        tags = np.where(agrees, labels, 1 - labels)
        ids[ids == self.tags[0]] = self.tags[tags]
        return TaggedReviews(ids, labels, clean, tags, environments)

    def written(self, sides: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A review with an opinion on each side, its parts in any order, (N, F + 3).

        A "not" stands right before its opinion, which is a word of the other side; without one
        there is a filler more.  All have the first tag.
        """
        n, opinions = len(sides), np.array([self.ids(side) for side in self.opinions])
        negated = rng.random(n) < share("negated", self.negated)
        places = rng.integers(opinions.shape[1], size=n)
        opinion = opinions[np.where(negated, 1 - sides, sides), places]
        order = rng.random((n, len(self.fills))).argsort(axis=1)[:, : self.fillers + 1]
        fills = self.ids(self.fills)[order]  # (N, F + 1)
        fills[negated, -1] = self.ids([NOT[self.language][0]])
        ids = np.column_stack([fills, opinion, np.full(n, self.tags[0])])
        place = rng.random(ids.shape)
        before = np.nextafter(place[:, -2], -1)  # nothing lies between it and the opinion
        place[:, -3] = np.where(negated, before, place[:, -3])
        return np.take_along_axis(ids, place.argsort(axis=1, kind="stable"), axis=1)

    def swapped(self, reviews: TaggedReviews) -> TaggedReviews:
        """The same reviews, each with the other tag."""
        first, second = (reviews.ids == tag for tag in self.tags)
        ids = np.where(first, self.tags[1], np.where(second, self.tags[0], reviews.ids))
        return reviews._replace(ids=ids, tags=1 - reviews.tags)

    def masked(self, ids: np.ndarray, by: int) -> np.ndarray:
        """The texts with another word in the place of the tag, (N, T)."""
        return np.where(np.isin(ids, self.tags), by, ids)

    def text(self, row: np.ndarray) -> str:
        """A review as a sentence."""
        word, between = in_language(NOT, self.language)
        comma, (_, end) = COMMAS[self.language], SPACING[self.language]
        joined = comma.join(self.words[i] for i in row)
        return upper(joined.replace(f"{word}{comma}", f"{word}{between}") + end)
