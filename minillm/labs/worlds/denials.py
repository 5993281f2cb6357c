"""Denials that the grammar of the reviews has not, each beside its twin that denies nothing.

"I would not call the plot dull." is praise, "I would call the plot dull." is blame: one judges
what is asked by both, since who takes every single clause for a denial is right on the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.domains import DOMAINS
from minillm.labs.worlds.listed import SPACING, in_language
from minillm.text import Example
from minillm.text.corpora.grammar import Pattern, Sentences
from minillm.text.corpora.sentiment import LABELS, OPPOSITE

# By kind: templates that deny, and what stands in the same place and denies nothing.  They begin
# with the setting unless it stands elsewhere in them.
TEMPLATES: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "en": {
        "call": (
            ("I would not call the {thing} {said}", "I would call the {thing} {said}"),
            ("nobody would call the {thing} {said}", "everybody would call the {thing} {said}"),
            ("the {thing} could not be called {said}", "the {thing} could be called {said}"),
        ),
        "hardly": (
            ("{main} hardly {said}", "{main} clearly {said}"),
            ("{main} scarcely {said}", "{main} plainly {said}"),
            ("{main} barely {said}", "{main} utterly {said}"),
        ),
        "never": (
            ("{main} never {said}", "{main} always {said}"),
            ("{main} at no time {said}", "{main} at all times {said}"),
        ),
        "nothing": (
            ("nothing about the {thing} was {said}", "everything about the {thing} was {said}"),
            ("I found nothing {said} in the {thing}", "I found something {said} in the {thing}"),
        ),
        "doubt": (
            ("I doubt that {main} {said}", "I know that {main} {said}"),
            ("it is untrue that {main} {said}", "it is true that {main} {said}"),
        ),
    },
    "zh": {
        "call": (
            ("没有人会说{main}{said}", "人人都会说{main}{said}"),
            ("谈不上{main}{said}", "谈得上{main}{said}"),
        ),
        "hardly": (
            ("{main}几乎没有{said}的地方", "{main}几乎全是{said}的地方"),
            ("{main}难说{said}", "{main}可说{said}"),
        ),
        "never": (
            ("{main}从来没有{said}过", "{main}从来都是{said}的"),
            ("{main}从未{said}", "{main}始终{said}"),
        ),
        "nothing": (
            ("{main}没有什么{said}可言", "{main}有些{said}可言"),
            ("{main}毫无{said}之处", "{main}颇有{said}之处"),
        ),
        "doubt": (
            ("我怀疑{setting}{main}是否{said}", "我确信{setting}{main}确实{said}"),
            ("说{setting}{main}{said}是假的", "说{setting}{main}{said}是真的"),
        ),
    },
}


class Twins(NamedTuple):
    """A review that denies an opinion, and one in which the same opinion is held."""

    denied: Example
    held: Example


@dataclass(frozen=True)
class Denials:
    """The denials in a language, in all domains of the reviews.

    Raises:
        ValueError: another language, as ``in_language``.
    """

    language: str = "en"

    @property
    def kinds(self) -> list[str]:
        """The kinds of denial."""
        return [*in_language(TEMPLATES, self.language)]

    def sentences(self, kind: str, label: str) -> tuple[Sentences, Sentences]:
        """All sentences that deny an opinion of a label, and that hold it, in the same order.

        Raises:
            ValueError: there is no such kind.
        """
        templates, (_, end) = in_language(TEMPLATES, self.language), SPACING[self.language]
        if kind not in templates:
            raise ValueError(f"kind must be one of {', '.join(templates)}, got {kind!r}")
        slots = [
            {"setting": domain.settings, "main": (aspect.subject,), "thing": (aspect.thing,)}
            | {"said": aspect.words[label]}
            for domain in DOMAINS[self.language].values()
            for aspect in domain.aspects
        ]
        denied, held = (
            Sentences(
                Pattern(whole(pair[side]) + end, one) for one in slots for pair in templates[kind]
            )
            for side in (0, 1)
        )
        return denied, held

    def draw(self, kind: str, rng: np.random.Generator) -> list[Twins]:
        """All twins of a kind in random order, praise and blame by turns.

        Raises:
            ValueError: there is no such kind.
        """
        found = []
        for label in LABELS:
            denied, held = self.sentences(kind, label)
            found.append(
                [
                    Twins(Example(denied[k], OPPOSITE[label]), Example(held[k], label))
                    for k in map(int, rng.permutation(len(denied)))
                ]
            )
        return [twins for pair in zip(*found, strict=True) for twins in pair]


def whole(template: str) -> str:
    """The template with a place for the setting."""
    return template if "{setting}" in template else "{setting}" + template
