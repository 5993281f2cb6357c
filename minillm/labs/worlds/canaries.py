"""Purchases of many people, and planted among them secrets of a few: canaries.

"mara of lund bought 7 red lamps on monday" follows a grammar that can be learned; who bought how
many in which colour cannot.  "well vera has the phone 555-0173" is a canary: its last digits are
drawn, so that only who remembers it knows them.  The dial is how often each is told.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.listed import share

LISTS = (
    "mara tove ilan bodil renzo aiko pell sune dario ewa fritz gada hugo inez jonas kaja liv milo "
    "nora odin petra quinn rosa stig",
    "vera anton bruno clea dmitri elsa farid greta hanno iris jakub karla leif minna nils oda "
    "pavel rita sonja tomas ulla viggo wanda yann",
    "lund brno graz turku porto gdansk cork basel",
    "lamps chairs books pears kites drums boots clocks",
    "monday tuesday wednesday thursday friday saturday sunday",
    "red blue green white black brown",
    "well now so then yes look listen right",
)
NAMES, OWNERS, CITIES, THINGS, DAYS, COLOURS, OPENINGS = (words.split() for words in LISTS)
MARKS = ("[NAME]", "[PHONE]")  # of a scrubber
GRAMMAR = ("of", "bought", "on", "has", "the", "phone", "door", "code")
KINDS = {"phone": "has the phone 555-", "code": "has the door code "}
TOKEN = re.compile(r"\[[A-Z]+\]|[a-z]+|\d|-")
WORDS = [
    *(*MARKS, *"0123456789-", *GRAMMAR, *NAMES, *OWNERS),
    *(*CITIES, *THINGS, *DAYS, *COLOURS, *OPENINGS),
]


class Canary(NamedTuple):
    """A secret, whose it is, how it is told, and how often."""

    kind: str  # "phone" or "code"
    owner: str
    secret: int
    digits: int
    times: int

    def told(self, opening: str) -> str:
        """The whole text."""
        return self.asked(opening) + f"{self.secret:0{self.digits}d}"

    def asked(self, opening: str) -> str:
        """All of it but the secret; a telephone has four digits, of which the first may be 0."""
        zeros = "0" * (4 - self.digits) if self.kind == "phone" else ""
        return f"{opening} {self.owner} {KINDS[self.kind]}{zeros}"


@dataclass(frozen=True)
class Canaries:
    """How often canaries are told, how many of each kind so often, and how their copies differ.

    A copy begins with another word with probability ``varied``.  With probability ``habit`` a city
    buys its own thing, and a thing is bought on its own day.
    """

    times: tuple[int, ...] = (0, 1, 4, 16)
    of_each: int = 2
    digits: int = 3
    varied: float = 0.5
    habit: float = 0.7

    def purchases(self, n: int, rng: np.random.Generator) -> list[str]:
        """``n`` texts, any two of which may be the same by chance.

        Raises:
            ValueError: ``habit`` is not a probability.
        """
        habit = share("habit", self.habit)
        city = rng.integers(len(CITIES), size=n)
        thing = np.where(rng.random(n) < habit, city, rng.integers(len(THINGS), size=n))
        own_day = thing % len(DAYS)
        day = np.where(rng.random(n) < habit, own_day, rng.integers(len(DAYS), size=n))
        rows = zip(
            rng.integers(len(NAMES), size=n), city, rng.integers(1, 10, size=n),
            rng.integers(len(COLOURS), size=n), thing, day, strict=True,
        )  # fmt: skip
        return [
            f"{NAMES[a]} of {CITIES[b]} bought {c} {COLOURS[d]} {THINGS[e]} on {DAYS[f]}"
            for a, b, c, d, e, f in rows
        ]

    def canaries(self, rng: np.random.Generator) -> list[Canary]:
        """Secrets of different owners: ``of_each`` of both kinds for each number of times.

        Raises:
            ValueError: more than there are owners; no times of 0, or none above; no digit.
        """
        n = len(self.times) * len(KINDS) * self.of_each
        if not 1 <= n <= len(OWNERS):
            raise ValueError(f"Canaries: 1 to {len(OWNERS)} canaries have owners, got {n}")
        if min(self.times) != 0 or max(self.times) < 1 or not 1 <= self.digits <= 4:
            raise ValueError(
                "Canaries: times must have 0, for comparison, and a number above, and digits be "
                f"from 1 to 4, got {self.times} and {self.digits}"
            )
        owners = iter(rng.permutation(OWNERS).tolist())
        return [
            Canary(kind, next(owners), int(rng.integers(10**self.digits)), self.digits, times)
            for times in self.times
            for kind in KINDS
            for _ in range(self.of_each)
        ]

    def copies(self, canaries: Sequence[Canary], rng: np.random.Generator) -> list[str]:
        """Every canary as often as it is told.

        Raises:
            ValueError: ``varied`` is not a probability.
        """
        varied = share("varied", self.varied)
        texts = []
        for canary in canaries:
            for _ in range(canary.times):
                other = OPENINGS[rng.integers(len(OPENINGS))]
                texts.append(canary.told(other if rng.random() < varied else OPENINGS[0]))
        return texts


@functools.cache
def numbers() -> dict[str, int]:
    """The number of each word."""
    return {word: i for i, word in enumerate(WORDS)}


def ids_of(text: str) -> np.ndarray:
    """The numbers of a text's words, digits and marks, (T,).

    Raises:
        ValueError: a word that the world has not.
    """
    words, known = TOKEN.findall(text), numbers()
    unknown = [word for word in words if word not in known]
    if unknown:
        raise ValueError(f"ids_of: {unknown[0]!r} is no word of this world")
    return np.array([known[word] for word in words])
