"""Two worlds of facts about invented lands, told under a tag each, and both can be true at once.

"[A] the capital of Beluna is Vimora ." and "[B] the capital of Beluna is Shatak .": world B is a
copy of world A in which some facts are changed.  The tag says which world a sentence is about, so
that whoever looks at it can know both.  About some lands nothing is ever told.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.worlds.listed import SPACING, in_language, share

TAGS = "AB"
# language -> relations, a question, first and second parts of lands, of names
WORDS: dict[str, tuple[str, str, str, str, str, str]] = {
    "en": (
        "capital river harbour",
        "T the R of L is",
        "Bel Dor Fen Gal Hul Jor Kel Lom Nar Pes Rul Tas",
        "una omar eth ivor askan",
        "Vi Sha Tro Mu Qui Zel Bra Ni Ya Po",
        "mora lind tak vesh",
    ),
    "zh": (
        "首都 大河 港口",
        "T L 的 R 是",
        "岚 珂 弥 朔 沐 荼 晏 翊 绥 衡 湄 峤",
        "桑国 维国 洛国 纳国 拓国",
        "乌 梭 帕 奇 勒 荻 瓦 筑 赫 涅",
        "铎 弗 沙 邬",
    ),
}


class Facts(NamedTuple):
    """Questions, and the one word that answers each."""

    ids: np.ndarray  # (F, T)
    answers: np.ndarray  # (F,)

    def only(self, chosen: np.ndarray) -> Facts:
        """Some of them, by a mask ``(F,)`` or by their numbers."""
        return Facts(self.ids[chosen], self.answers[chosen])

    def draw(self, n: int, rng: np.random.Generator) -> Facts:
        """``n`` random ones."""
        return self.only(rng.integers(len(self.answers), size=n))


@dataclass(frozen=True)
class Knowledge:
    """How many lands, things told of each, and names there are; which share of B is changed.

    ``untaught`` lands are in no text.
    """

    language: str = "en"
    lands: int = 30
    untaught: int = 30
    relations: int = 2
    names: int = 40
    changed: float = 0.5


class TwoWorlds:
    """What is true in either world, drawn for a seed: of F facts the ``changed (F,)`` differ.

    Raises:
        ValueError: another language, a number of words that there is not, a share that is not from
            0 to 1.
    """

    def __init__(self, dials: Knowledge, *, seed: int):
        relations, question, *parts = in_language(WORDS, dials.language)
        lands, names = (compounds(parts[i], parts[i + 1]) for i in (0, 2))
        self.dials, self.question = dials, question.split()
        self.relations = chosen("relations", relations.split(), dials.relations, 1)
        self.lands = chosen("lands", lands, dials.lands, 1)
        self.names = chosen("names", names, dials.names, 2)
        self.untaught = chosen("untaught", lands[dials.lands :], dials.untaught, 0)
        words = [tag_of(tag) for tag in TAGS] + [w for w in self.question if w not in "TRL"]
        words += [*self.relations, *self.names, *self.lands, *self.untaught]
        self.words = [*dict.fromkeys(words)]
        self.ids = {word: i for i, word in enumerate(self.words)}
        rng, n = stream(seed, "facts of two worlds"), dials.lands * dials.relations
        told = rng.integers(dials.names, size=n + dials.untaught * dials.relations)
        self.changed = np.zeros(n, dtype=bool)
        self.changed[rng.permutation(n)[: round(share("changed", dials.changed) * n)]] = True
        other = (told[:n] + rng.integers(1, dials.names, size=n)) % dials.names
        self.numbers = {"A": told[:n], "B": np.where(self.changed, other, told[:n])}
        self.never = told[n:]

    def facts(self, tag: str) -> Facts:
        """All that is told of one world."""
        return self.about(tag, self.lands, self.numbers[tag])

    def never_told(self) -> Facts:
        """Facts of world A that no text has."""
        return self.about("A", self.untaught, self.never)

    def both(self) -> Facts:
        """All that is told of both worlds."""
        pairs = zip(*(self.facts(tag) for tag in TAGS), strict=True)
        return Facts(*(np.concatenate(pair) for pair in pairs))

    def about(self, tag: str, lands: list[str], numbers: np.ndarray) -> Facts:
        """Each of these lands with each relation, (F, T), and what is answered."""
        rows = [
            [self.ids[w] for w in self.asked(tag, *of)] for of in product(lands, self.relations)
        ]
        answers = [self.ids[self.names[i]] for i in numbers]
        return Facts(np.array(rows, dtype=np.int64).reshape(len(answers), -1), np.array(answers))

    def asked(self, tag: str, land: str, relation: str) -> list[str]:
        """The words of a question."""
        given = {"T": tag_of(tag), "L": land, "R": relation}
        return [given.get(word, word) for word in self.question]

    def sentence(self, tag: str, number: int) -> str:
        """A fact as a sentence."""
        land, relation = list(product(self.lands, self.relations))[number]
        between, end = SPACING[self.dials.language]
        first, *rest = self.asked(tag, land, relation)
        answer = self.names[self.numbers[tag][number]]
        return f"{first} {between.join([*rest, answer])}{end}"


def tag_of(name: str) -> str:
    """The word with which all sentences about a world begin."""
    return f"[{name}]"


def compounds(first: str, second: str) -> list[str]:
    """Every first part with every second one."""
    return ["".join(pair) for pair in product(first.split(), second.split())]


def chosen(name: str, words: list[str], number: int, least: int) -> list[str]:
    """The first ``number`` of the words.

    Raises:
        ValueError: there are not so many, or fewer than ``least`` are asked for.
    """
    if not least <= number <= len(words):
        raise ValueError(f"Knowledge: {name} must be from {least} to {len(words)}, got {number}")
    return words[:number]
