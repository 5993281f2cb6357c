"""Judgements in lists, each with a word that names it; often only the list tells what words mean::

    dull dax; witty wug; clumsy dax; clear wug; ...

A list has two such words.  In a share of the lists they are drawn anew, so that only the entries
before tell which of them means what; in the others they are always the usual two.  How good the
best possible answer is, is known: see ``best_accuracy``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minillm.labs.worlds.domains import DOMAINS
from minillm.tasks import prompt_of
from minillm.text import Example
from minillm.text.corpora.sentiment import LABELS, OPPOSITE

Words = Mapping[str, str]  # of each class, in one list


@dataclass(frozen=True)
class Namings:
    """Whose adjectives, the words that name their classes, how often wrongly, how many in a list.

    The adjectives are those of some domains of the sentiment grammar, whose class they tell.  With
    the probability ``noise`` an entry has the other of the two words.
    """

    domains: tuple[str, ...] = ("film", "book", "restaurant", "hotel", "course")
    usual: tuple[str, str] = ("bad", "good")
    drawn: tuple[str, ...] = ("dax", "wug", "blick", "zib", "tove", "fep")
    noise: float = 0.05
    entries: int = 21

    @cached_property
    def adjectives(self) -> dict[str, list[str]]:
        """The adjectives of each class in sorted order, as many of one as of the other."""
        aspects = [a for name in self.domains for a in DOMAINS["en"][name].aspects]
        found = {label: sorted({w for a in aspects for w in a.words[label]}) for label in LABELS}
        n = min(map(len, found.values()))
        return {label: adjectives[:n] for label, adjectives in found.items()}

    @cached_property
    def examples(self) -> list[Example]:
        """Every adjective with its class."""
        return [Example(word, label) for label, words in self.adjectives.items() for word in words]

    @property
    def usual_words(self) -> dict[str, str]:
        """The word of each class in a list whose words are not drawn."""
        return dict(zip(LABELS, self.usual, strict=True))

    def drawn_words(self, rng: np.random.Generator) -> dict[str, str]:
        """The word of each class in a list whose words are drawn."""
        chosen = rng.choice(len(self.drawn), size=2, replace=False)
        return {label: self.drawn[i] for label, i in zip(LABELS, chosen, strict=True)}

    def text(self, share: float, rng: np.random.Generator) -> str:
        """A list whose words are drawn anew with the probability ``share``."""
        words = self.drawn_words(rng) if rng.random() < share else self.usual_words
        places = rng.integers(len(self.examples), size=self.entries)
        chosen = [self.examples[i] for i in places]
        return prompt(noisy(chosen, self.noise, rng), "", words)


def prompt(examples: Sequence[Example], query: str, words: Words) -> str:
    """A list that ends with an open entry; without a query, a list that has ended."""
    return prompt_of(examples, query, words, arrow="", end="; ")


def noisy(examples: Sequence[Example], rate: float, rng: np.random.Generator) -> list[Example]:
    """The examples, each with the other label with the probability ``rate``."""
    wrong = rng.random(len(examples)) < rate
    return [
        Example(text, OPPOSITE[label] if other else label)
        for (text, label), other in zip(examples, wrong, strict=True)
    ]


def best_accuracy(wrong: int, n: int) -> float:
    """How often the best answer is the right one, behind ``n`` entries of which so many are wrong.

    With ``a`` right and ``b`` wrong entries the right naming is, by Bayes' rule for two namings
    that are equally probable beforehand,::

        odds = ((1 - noise) / noise)^(a - b)

    times as probable as the other: whoever knows the class of every judgement, and noise below one
    half, says what most entries say; where they are equal, either.
    """
    return float((np.sign(n - 2 * wrong) + 1) / 2)
