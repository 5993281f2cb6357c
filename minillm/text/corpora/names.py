"""Sentences with names of persons, places and organisations, whose tags are known.

What stands around a name says of what type it is; the name itself may say it, say nothing, or
be one that no other sentence has: two dials decide how far a dictionary can get.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

import numpy as np

from minillm.backend import stream
from minillm.text.conll_files import TaggedSentence
from minillm.text.corpora.names_en import ENGLISH_NAMES
from minillm.text.corpora.names_zh import CHINESE_NAMES

TYPES = {"P": "PER", "L": "LOC", "O": "ORG"}
PHRASES = {"en": ENGLISH_NAMES, "zh": CHINESE_NAMES}
SLOT = re.compile(r"\{([PLO])\}")
Names = dict[str, list[tuple[str, ...]]]  # slot -> the words of its names


@dataclass(frozen=True)
class NameDials:
    """How many names there are of each type, and how much they say.

    A share ``new`` of the names outside of training are ones that training does not have.  A
    share ``ambiguous`` of the names are single words that persons, places and organisations have
    alike, so that only the sentence tells them apart.
    """

    language: str = "en"
    names: int = 40
    new: float = 0.5
    ambiguous: float = 0.3


class NameWorld:
    """The names of a seed, and sentences about them.

    Raises:
        ValueError: another language; a share that is not from 0 to 1; fewer names than 1, or more
            than there are words for.
    """

    def __init__(self, dials: NameDials, *, seed: int):
        if dials.language not in PHRASES:
            raise ValueError(
                f"language must be one of {', '.join(PHRASES)}, got {dials.language!r}"
            )
        for name in ("new", "ambiguous"):
            if not 0 <= getattr(dials, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, got {getattr(dials, name)}")
        self.dials, self.seed = dials, seed
        self.phrases = PHRASES[dials.language]
        stems = ["".join(pair) for pair in product(*(p.split() for p in self.phrases.stems))]
        most = len(stems) // 8  # three types and the shared ones, known and new
        if not 1 <= dials.names <= most:
            raise ValueError(f"names must be from 1 to {most}, got {dials.names}")
        rng = stream(seed, "names")
        rows = rng.permutation(stems)[: 8 * dials.names].reshape(2, 4, dials.names)
        self.known, self.new = (self.of_each_type(row, rng) for row in rows)

    def of_each_type(self, stems: np.ndarray, rng: np.random.Generator) -> Names:
        """The names of each type: a share of them words that all types have, the rest its own."""
        n = round(self.dials.ambiguous * self.dials.names)
        shared = [self.words(stem) for stem in stems[3][:n]]
        of: Names = {}
        for row, (slot, own) in zip(stems, self.phrases.forms.items(), strict=False):
            forms = rng.integers(len(own), size=len(row) - n)
            of[slot] = shared + [
                self.words(own[form].format(stem)) for stem, form in zip(row, forms, strict=False)
            ]
        return of

    def draw(self, split: str, n: int) -> list[TaggedSentence]:
        """``n`` sentences of "train", where all names are known ones, "dev" or "test".

        Raises:
            ValueError: another split, or a negative number.
        """
        if split not in ("train", "dev", "test") or n < 0:
            raise ValueError(f"draw: split must be train, dev or test, got {split!r} and n = {n}")
        rng = stream(self.seed, f"sentences of {split}")
        new = 0.0 if split == "train" else self.dials.new
        return [self.sentence(rng, new) for _ in range(n)]

    def sentence(self, rng: np.random.Generator, new: float) -> TaggedSentence:
        """A random sentence in which each name is new with a probability."""
        template = self.phrases.templates[int(rng.integers(len(self.phrases.templates)))]
        words: list[str] = []
        tags: list[str] = []
        for part in SLOT.split(template):
            if part not in TYPES:
                words += self.words(part)
                tags += ["O"] * (len(words) - len(tags))
                continue
            names = (self.new if rng.random() < new else self.known)[part]
            name = names[int(rng.integers(len(names)))]
            words += name
            tags += [f"B-{TYPES[part]}", *[f"I-{TYPES[part]}"] * (len(name) - 1)]
        words[0] = words[0][:1].upper() + words[0][1:]
        return TaggedSentence(tuple(words), tuple(tags))

    def words(self, text: str) -> tuple[str, ...]:
        """The words of a part of a sentence; in Chinese every character is one."""
        return tuple(text.split() if self.dials.language == "en" else text)
