"""Reviews of three opinions, and the label is what most of them say.

"The plot was dull, the acting was lively and the final scene was touching." is positive: whoever
knows every adjective and counts is right in all reviews, and whoever knows one of them is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.domains import DOMAINS
from minillm.labs.worlds.listed import SPACING, in_language, share, upper
from minillm.text.corpora.sentiment import LABELS

JOINTS = {"en": (",", "and"), "zh": ("，", "，")}  # between the opinions of a review


class Reviews(NamedTuple):
    """Reviews as ids, all of one length, and their labels: the places of ``LABELS``."""

    ids: np.ndarray  # (N, T)
    labels: np.ndarray  # (N,)

    def only(self, chosen: np.ndarray | slice) -> Reviews:
        """Some of them, by a mask ``(N,)`` or by their numbers."""
        return Reviews(self.ids[chosen], self.labels[chosen])


@dataclass(frozen=True)
class Majorities:
    """Reviews about some domains of the sentiment grammar, with their aspects and adjectives."""

    language: str = "en"
    domains: tuple[str, ...] = ("film", "book", "restaurant", "hotel", "course")

    @cached_property
    def aspects(self) -> list[list[tuple[str, list[tuple[str, ...]]]]]:
        """Of each domain what is judged, and the adjectives of each label."""
        known = in_language(DOMAINS, self.language)
        return [
            [(a.subject, [a.words[label] for label in LABELS]) for a in known[name].aspects]
            for name in self.domains
        ]

    @cached_property
    def words(self) -> list[str]:
        """What reviews are made of; "the plot was" counts as a word."""
        every = [aspect for domain in self.aspects for aspect in domain]
        _, end = SPACING[self.language]
        words = [*JOINTS[self.language], end, *(subject for subject, _ in every)]
        words += [word for _, sides in every for side in sides for word in side]
        return [*dict.fromkeys(words)]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The id of every word."""
        return {word: i for i, word in enumerate(self.words)}

    def draw(self, n: int, rng: np.random.Generator) -> Reviews:
        """``n`` different reviews.

        Raises:
            ValueError: there are not so many.
        """
        drawn: dict[tuple[int, ...], int] = {}
        for _ in range(3 * n):
            row, label = self.review(rng)
            drawn.setdefault(row, label)
            if len(drawn) == n:
                return Reviews(np.array([*drawn]), np.array([*drawn.values()]))
        raise ValueError(f"Majorities: {n} different reviews were asked for, found {len(drawn)}")

    def review(self, rng: np.random.Generator) -> tuple[tuple[int, ...], int]:
        """A random review and its label: three aspects of one domain, in any order."""
        domain = self.aspects[int(rng.integers(len(self.aspects)))]
        signs = (*JOINTS[self.language], SPACING[self.language][1])
        praised = rng.integers(2, size=len(signs))
        words: list[str] = []
        places = rng.permutation(len(domain))[: len(signs)]
        for place, side, sign in zip(places, praised, signs, strict=True):
            subject, sides = domain[int(place)]
            adjectives = sides[int(side)]
            words += [subject, adjectives[int(rng.integers(len(adjectives)))], sign]
        return tuple(self.numbers[word] for word in words), int(praised.mean() > 1 / 2)

    def text(self, row: np.ndarray) -> str:
        """A review as a sentence."""
        between, _ = SPACING[self.language]
        words = between.join(self.words[i] for i in row)
        for sign in (",", "."):
            words = words.replace(f" {sign}", sign)
        return upper(words)


def with_flipped(reviews: Reviews, rate: float, rng: np.random.Generator) -> Reviews:
    """The reviews with a share of labels flipped, as many as it says.

    Raises:
        ValueError: the share is not from 0 to 1.
    """
    n = len(reviews.labels)
    wrong = rng.permutation(n)[: round(share("rate", rate) * n)]
    labels = reviews.labels.copy()
    labels[wrong] = 1 - labels[wrong]
    return Reviews(reviews.ids, labels)
