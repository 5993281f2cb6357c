"""Labelled texts with one word more, a tag, which agrees with the label as often as one likes.

"a sponsored dull film" and "verified , a moving film": the tag says nothing of a film, but who
learns where it agrees with the label may read it instead of the text.

Letters: N texts, T tags, as many as labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.listed import share
from minillm.text import Example, Labels, WordTokenizer


class Tagged(NamedTuple):
    """A text, its label, the number of its tag, and how many words stand before the tag."""

    text: str
    label: str
    tag: int
    place: int


@dataclass(frozen=True)
class Tags:
    """The words that serve as tags: the first goes with the first label in sorted order."""

    words: tuple[str, ...] = ("sponsored", "verified")

    def labels_of(self, examples: Sequence[Example]) -> Labels:
        """The labels of the texts.

        Raises:
            ValueError: there are not as many as tags, or fewer than two.
        """
        labels = Labels(label for _, label in examples)
        if len(labels) != len(self.words) or len(labels) < 2:
            raise ValueError(
                "Tags: at least two labels and as many tags are needed, got "
                f"{', '.join(labels.names)} and {', '.join(self.words)}"
            )
        return labels

    def draw(
        self, examples: Sequence[Example], agreement: float, rng: np.random.Generator
    ) -> list[Tagged]:
        """The texts, each with a tag at a random place.

        With the probability ``agreement`` it is the one of the label, else any other one.

        Raises:
            ValueError: the agreement is not from 0 to 1; a text has a tag already; as
                ``labels_of``.
        """
        own = self.labels_of(examples).encode(label for _, label in examples)
        other = (own + rng.integers(1, len(self.words), size=len(own))) % len(self.words)
        agrees = rng.random(len(own)) < share("agreement", agreement)
        found, tokenizer = [], WordTokenizer()
        for (text, label), tag in zip(examples, np.where(agrees, own, other), strict=True):
            if not {*self.words}.isdisjoint(tokenizer.tokenize(text)):
                raise ValueError(f"Tags.draw: a text has a tag already, {text!r:.80}")
            place = int(rng.integers(len(text.split()) + 1))
            found.append(Tagged(text, label, int(tag), place))
        return found

    def said(self, tagged: Sequence[Tagged]) -> list[Example]:
        """The texts with the word of their tag, and their labels."""
        found = []
        for text, label, tag, place in tagged:
            words = text.split()
            words.insert(place, self.words[tag])
            found.append(Example(" ".join(words), label))
        return found

    def with_every_tag(self, tagged: Sequence[Tagged]) -> list[Tagged]:
        """Each text T times, with one tag after the other at its place, (N T)."""
        return [one._replace(tag=tag) for one in tagged for tag in range(len(self.words))]

    def groups(self, tagged: Sequence[Tagged]) -> dict[tuple[str, str], np.ndarray]:
        """The places of the texts of each label and tag; of no text where there is none."""
        labels = sorted({one.label for one in tagged})
        has = np.array([(labels.index(one.label), one.tag) for one in tagged])
        return {
            (label, word): np.flatnonzero((has == (i, tag)).all(axis=1))
            for i, label in enumerate(labels)
            for tag, word in enumerate(self.words)
        }

    def balanced(self, tagged: Sequence[Tagged], rng: np.random.Generator) -> list[Tagged]:
        """All groups as large as the largest: the texts of the others are repeated in random order.

        That is a weight of ``1 / n_g`` for each text of a group of ``n_g``, in whole numbers.

        Raises:
            ValueError: a group has no text; the message names it.
        Source: Idrissi et al. 2022, "Simple Data Balancing Achieves Competitive Worst-Group-
            Accuracy", arXiv:2110.14503.
        """
        groups = self.groups(tagged)
        for (label, word), places in groups.items():
            if not places.size:
                raise ValueError(
                    f"Tags.balanced: every label needs texts with every tag, but no text of label "
                    f"{label!r} has the tag {word!r}"
                )
        size = max(map(len, groups.values()))
        repeated = [np.resize(rng.permutation(places), size) for places in groups.values()]
        return [tagged[i] for i in np.concatenate(repeated)]


def without_tags(tagged: Sequence[Tagged]) -> list[Example]:
    """The texts as they were before, and their labels."""
    return [Example(" ".join(one.text.split()), one.label) for one in tagged]
