"""Applications for a place, of people of two towns, and a label that is unfair to one of them.

"Velin, punctual, forgetful, rows, careful, ..." Whoever counts the good qualities knows as much of
the merit as can be known.  The label as told withholds the place from a share of those of the
second town who merit it; a name and a hobby tell of the town.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.listed import SPACING, in_language, share, upper

TOWNS = ["first town", "second town"]
NAMES = {  # invented, of each town
    "en": (
        "Adrel/Arvo/Belin/Corin/Deral/Elvo/Forel/Garin",
        "Ushma/Uklee/Yamsa/Oshki/Tumsha/Nukla/Mushka/Lukis",
    ),
    "zh": ("安瑞/安沃/贝林/科林/德拉/艾沃/弗瑞/加林", "乌什/乌克/雅姆/欧什/图姆/努克/穆什/卢克"),
}
HOBBIES = {
    "en": ("rows/skates/paints", "climbs/weaves/sings"),
    "zh": ("划船/滑冰/画画", "登山/织布/唱歌"),
}
QUALITIES = {  # those that speak against somebody, and those that speak for somebody
    "en": (
        "careless/forgetful/late/hasty/untidy/rude/idle/vague",
        "careful/attentive/punctual/patient/tidy/polite/diligent/precise",
    ),
    "zh": ("粗心/健忘/迟到/急躁/邋遢/无礼/懒散/含糊", "细心/专注/守时/耐心/整洁/礼貌/勤奋/准确"),
}
COMMAS = {"en": ", ", "zh": "，"}


class Applied(NamedTuple):
    """Applications as ids, the labels as told, whether the place is merited, and the towns."""

    ids: np.ndarray  # (N, T)
    labels: np.ndarray  # (N,), of some who merit it 0
    merits: np.ndarray  # (N,)
    towns: np.ndarray  # (N,), the places of ``TOWNS``

    def only(self, chosen: np.ndarray | slice) -> Applied:
        """Some of them, by a mask ``(N,)`` or by their numbers."""
        return Applied(*(part[chosen] for part in self))

    def joined(self, others: Applied) -> Applied:
        """These and others."""
        return Applied(*(np.concatenate(pair) for pair in zip(self, others, strict=True)))


class Known(NamedTuple):
    """What the best decision on the labels as told would give, of each town, (2,)."""

    selection: np.ndarray
    true_positive: np.ndarray
    false_positive: np.ndarray
    merited_score: np.ndarray  # the mean of P(told | text, town) over those who merit the place


@dataclass(frozen=True)
class Applications:
    """The world in a language, with so many qualities of a person.

    A quality of somebody of town g is good with the probability ``good[g]``; of k qualities with j
    good ones the place is merited with ``q_j = sigmoid(slope (j - k / 2))``.  A hobby is one of the
    own town with the probability ``told_by_hobby``.

    Letters: N applications, T words of one, k qualities.
    """

    language: str = "en"
    qualities: int = 5
    slope: float = 2.0
    good: tuple[float, float] = (0.5, 0.5)
    told_by_hobby: float = 0.9

    @cached_property
    def sides(self) -> dict[str, list[list[str]]]:
        """The names and hobbies of each town, and the qualities, bad and good."""
        tables = {"names": NAMES, "hobbies": HOBBIES, "qualities": QUALITIES}
        return {
            kind: [side.split("/") for side in in_language(table, self.language)]
            for kind, table in tables.items()
        }

    @cached_property
    def words(self) -> list[str]:
        """All words."""
        return [word for sides in self.sides.values() for side in sides for word in side]

    def ids(self, kind: str) -> np.ndarray:
        """The numbers of the words of both sides of a kind, (2, W)."""
        number = {word: i for i, word in enumerate(self.words)}
        return np.array([[number[word] for word in side] for side in self.sides[kind]])

    @cached_property
    def merit(self) -> np.ndarray:
        """The probability that the place is merited with j good qualities, (k + 1,)."""
        k = self.qualities
        found: np.ndarray = (1 + np.tanh(self.slope * (np.arange(k + 1) - k / 2) / 2)) / 2
        return found

    def chances(self, town: int) -> np.ndarray:
        """The probability of j good qualities in a town, (k + 1,): a binomial one."""
        k, p = self.qualities, share("good", self.good[town])
        return np.array([comb(k, j) * p**j * (1 - p) ** (k - j) for j in range(k + 1)])

    def draw(self, n: int, penalty: float, rng: np.random.Generator) -> Applied:
        """``n`` random applications, (N, k + 2), as many from each town but for luck.

        Of those of the second town who merit the place a share ``penalty`` is told not to.

        Raises:
            ValueError: a share that is not from 0 to 1, other than one share for each town, or
                fewer qualities than one or more than there are words of a side.
        """
        words = self.ids("qualities").shape[1]
        if not 1 <= self.qualities <= words or len(self.good) != len(TOWNS):
            raise ValueError(
                f"Applications: qualities must be from 1 to {words} and good {len(TOWNS)} shares, "
                f"got {self.qualities} and {self.good}"
            )
        towns = rng.integers(len(TOWNS), size=n)
        p = np.array([share("good", value) for value in self.good])[towns]
        good = (rng.random((n, self.qualities)) < p[:, None]).astype(int)
        merits = (rng.random(n) < self.merit[good.sum(axis=1)]).astype(int)
        denied = (towns == 1) & (rng.random(n) < share("penalty", penalty))
        return Applied(self.written(towns, good, rng), merits * ~denied, merits, towns)

    def written(self, towns: np.ndarray, good: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A name, a hobby and different qualities, in any order, (N, k + 2)."""
        n = len(towns)
        names, hobbies, qualities = (self.ids(kind) for kind in self.sides)
        own = rng.random(n) < share("told_by_hobby", self.told_by_hobby)
        name = names[towns, rng.integers(names.shape[1], size=n)]
        hobby = hobbies[np.where(own, towns, 1 - towns), rng.integers(hobbies.shape[1], size=n)]
        which = rng.random((n, qualities.shape[1])).argsort(axis=1)[:, : self.qualities]
        ids = np.column_stack([qualities[good, which], name, hobby])
        return np.take_along_axis(ids, rng.random(ids.shape).argsort(axis=1), axis=1)

    def swapped(self, people: Applied, kinds: Sequence[str] = ("names", "hobbies")) -> Applied:
        """The same people from the other town: its words of these kinds stand in their place."""
        other = np.arange(len(self.words))
        for kind in kinds:
            other[self.ids(kind)] = self.ids(kind)[::-1]
        return people._replace(ids=other[people.ids], towns=1 - people.towns)

    def known(self, penalty: float, threshold: float) -> Known:
        """What who knows everything would decide, if the labels as told were to be predicted::

            P(told | j, g) = q_j (1 - penalty [g = second])    selected if >= threshold

        Rates are those of the merit, not of the labels as told.

        Raises:
            ValueError: a share that is not from 0 to 1.
        """
        rows = []
        for town in range(len(TOWNS)):
            chance, q = self.chances(town), self.merit
            told = q * (1 - share("penalty", penalty) * (town == 1))
            named, merited, others = told >= threshold, chance * q, chance * (1 - q)
            rows.append(
                (
                    (chance * named).sum(),
                    (merited * named).sum() / merited.sum(),
                    (others * named).sum() / others.sum(),
                    (merited * told).sum() / merited.sum(),
                )
            )
        return Known(*np.array(rows).T)

    def text(self, row: np.ndarray) -> str:
        """An application as a line."""
        comma, (_, end) = in_language(COMMAS, self.language), SPACING[self.language]
        return upper(comma.join(self.words[i] for i in row)) + end
