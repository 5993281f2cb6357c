"""Claims, and a passage of evidence that supports them, refutes them, or leaves them undecided.

"Mara's home is Kelby. Odo's office is Dorn." supports "Mara's home is Kelby" and "Mara's home is
not Dorn", refutes both of "Mara's home is Dorn" and "Mara's home is not Kelby", and says nothing
of Mara's office or of Lena's home.  Who reads the claim alone knows how it is worded: where refuted
claims are denials more often than others, that tells the label.

The passage is drawn before the label, and people, relations and values are all alike.  Evidence
alone therefore tells nothing, and a claim alone only by its denial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.listed import SPACING, in_language, share

LABELS = ["supported", "refuted", "undecided"]
# people, relations, values; what says that something is so, and that it is not; a sentence
WORDS = {
    "en": (
        "Mara Odo Lena Ravi Suri Timo Alba Hugo",
        "home office birthplace school garden workshop",
        "Kelby Dorn Asker Velmo Tarn Ossa Lund Pell",
        ("is", "is indeed"),
        ("is not", "is by no means"),
        "{}'s {} {} {}",
    ),
    "zh": (
        "阿美 小东 丽娜 阿维 苏里 天宇 雅芳 华生",
        "住处 单位 老家 母校 菜园 作坊",
        "柯比 多恩 阿镇 维摩 塔村 奥萨 伦德 佩尔",
        ("是", "确是"),
        ("不是", "绝非"),
        "{}的{}{}{}",
    ),
}


class Fact(NamedTuple):
    """What evidence states: "Mara's home is Kelby"."""

    who: str
    relation: str
    value: str


class Claim(NamedTuple):
    """A fact that is claimed, or with ``denied`` that it is not so."""

    fact: Fact
    denied: bool


def label_of(claim: Claim, evidence: Sequence[Fact]) -> str:
    """Which of ``LABELS`` a claim has beside a passage, where nobody has two values at once::

        undecided    no fact has the who and the relation of the claim
        supported    one has; and its value is that of the claim, or the claim denies another value
        refuted      one has, and the claim is not supported

    Raises:
        ValueError: there is no evidence, or it states two values of the same.
    Source: Thorne, Vlachos, Christodoulopoulos & Mittal 2018, "FEVER: a Large-scale Dataset for
        Fact Extraction and VERification", arXiv:1803.05355, for the three classes.
    Guide: 7.3.2 (G41).
    """
    if not evidence:
        raise ValueError(f"label_of: evidence must have at least one fact, got none for {claim}")
    told = {(who, relation): value for who, relation, value in evidence}
    if len({*evidence}) > len(told):
        raise ValueError(f"label_of: evidence must not state two values of the same: {evidence}")
    who, relation, value = claim.fact
    if (who, relation) not in told:
        return "undecided"
    agrees = told[who, relation] == value
    return "supported" if agrees != claim.denied else "refuted"


class Checked(NamedTuple):
    """Claims beside their evidence as ids, with labels; F facts of evidence."""

    claims: np.ndarray  # (N, 4)
    evidence: np.ndarray  # (N, 4 F)
    labels: np.ndarray  # (N,)
    denied: np.ndarray  # (N,)

    def only(self, chosen: np.ndarray) -> Checked:
        """Some of them, by a mask ``(N,)`` or by their numbers."""
        return Checked(*(part[chosen] for part in self))


@dataclass(frozen=True)
class Claims:
    """The world in a language: how many words of each kind there are, and facts in a passage.

    A share ``denied`` of claims is worded as a denial where the wording tells nothing.

    Letters: N claims, F facts; four words a sentence: who, relation, "is" or a denial, value.
    """

    language: str = "en"
    people: int = 6
    relations: int = 4
    values: int = 6
    facts: int = 3
    denied: float = 0.2

    @cached_property
    def kinds(self) -> list[list[str]]:
        """The people, relations and values.

        Raises:
            ValueError: another language; not more of a kind than facts, or more than are listed.
        """
        listed = [part.split() for part in in_language(WORDS, self.language)[:3]]
        found = []
        for words, name in zip(listed, ("people", "relations", "values"), strict=True):
            n = getattr(self, name)
            if not 2 <= self.facts < n <= len(words):
                raise ValueError(
                    f"Claims: 2 <= facts < {name} <= {len(words)} is needed, got {self.facts} "
                    f"facts and {n} {name}"
                )
            found.append(words[:n])
        return found

    @cached_property
    def wordings(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What says that something is so, and what says that it is not."""
        affirmed, denied = in_language(WORDS, self.language)[3:5]
        return affirmed, denied

    @cached_property
    def words(self) -> list[str]:
        """All words, the wordings last; "is not" counts as one."""
        return [word for part in (*self.kinds, *self.wordings) for word in part]

    def denial_chances(self, leak: float, *, turned: bool = False) -> np.ndarray:
        """How probable a denial is by the label, (3,), at a leak λ and a share d of denials::

            refuted:   d + λ (1 - d)        the others:   d (1 - λ)

        At 0 the wording tells nothing, at 1 all refuted claims are denied and no other ones.
        Where the leak is ``turned`` round, the others have the first and refuted ones the second.

        Raises:
            ValueError: the leak or the share is not from 0 to 1.
        """
        d, leak = share("denied", self.denied), share("leak", leak)
        often, seldom = d + leak * (1 - d), d * (1 - leak)
        refuted = np.array(LABELS) == "refuted"
        return np.where(refuted != turned, often, seldom)

    def draw(
        self,
        n: int,
        leak: float,
        rng: np.random.Generator,
        *,
        turned: bool = False,
        near: float = 0.0,
    ) -> Checked:
        """``n`` random claims with their passages; all labels are equally probable.

        Every fact is about another person, relation and value.  Of a claim that is undecided
        either who or the relation, and of one that is about a fact and does not agree with it the
        value, is in no fact; with the probability ``near`` it is in another one, so that shared
        words tell nothing and only who reads a fact as a whole is right.

        Raises:
            ValueError: as ``kinds`` and ``denial_chances``; a share that is not from 0 to 1.
        """
        sizes, f, rows = [len(kind) for kind in self.kinds], self.facts, np.arange(n)
        who, relation, value = (rng.random((n, size)).argsort(axis=1) for size in sizes)
        labels = rng.integers(len(LABELS), size=n)
        denied = rng.random(n) < self.denial_chances(leak, turned=turned)[labels]
        fact = rng.integers(f, size=n)  # that the claim is about
        other = (fact + rng.integers(1, f, size=n)) % f
        elsewhere = np.where(rng.random(n) < share("near", near), other, f)  # f: in no fact
        undecided = labels == LABELS.index("undecided")
        by_who = rng.random(n) < 1 / 2
        differs = ~undecided & ((labels == LABELS.index("supported")) == denied)
        spoken = [
            who[rows, np.where(undecided & by_who, elsewhere, fact)],
            relation[rows, np.where(undecided & ~by_who, elsewhere, fact)],
            value[rows, np.where(differs, elsewhere, fact)],
        ]
        stated = [part[:, :f] for part in (who, relation, value)]
        form = denied * len(self.wordings[0]) + rng.integers(len(self.wordings[0]), size=n)
        return Checked(
            self.sentences([part[:, None] for part in spoken], form[:, None]),
            self.sentences(stated, np.zeros((n, f), dtype=int)),
            labels,
            denied,
        )

    def sentences(self, parts: Sequence[np.ndarray], form: np.ndarray) -> np.ndarray:
        """Ids of who, relation, wording and value, one sentence after another, (N, 4 F)."""
        starts = np.cumsum([0, *(len(kind) for kind in self.kinds)])
        who, relation, value = (
            part + start for part, start in zip(parts, starts[:-1], strict=True)
        )
        ids = np.stack([who, relation, starts[-1] + form, value], axis=2)
        found: np.ndarray = ids.reshape(len(ids), -1)
        return found

    def claim(self, row: np.ndarray) -> Claim:
        """The claim that four ids say."""
        who, relation, form, value = (self.words[i] for i in row)
        return Claim(Fact(who, relation, value), form in self.wordings[1])

    def passage(self, row: np.ndarray) -> list[Fact]:
        """The facts that the ids of a passage state."""
        return [self.claim(one).fact for one in row.reshape(-1, 4)]

    def text(self, row: np.ndarray) -> str:
        """A claim or a passage as sentences."""
        between, end = SPACING[self.language]
        form = in_language(WORDS, self.language)[5]
        told = (form.format(*(self.words[i] for i in one)) for one in row.reshape(-1, 4))
        return between.join(one + end for one in told)


def claim_accuracy(leak: float, *, turned: bool = False) -> float:
    """How often the best reader of the claim alone is right, if it learned at the same leak λ::

        (1 + λ) / 3        and   (1 - λ) / 3   where it is asked with the leak turned round

    It says "refuted" of a denial and one of the other labels of all else.  With d denials among
    claims that tell nothing it is right on ``(d + λ (1 - d)) / 3 + (1 - d (1 - λ)) / 3`` of all,
    and the terms in d cancel.

    Raises:
        ValueError: the leak is not from 0 to 1.
    Source: Schuster, Shah, Yeo, Filizzola, Santus & Barzilay 2019, "Towards Debiasing Fact
        Verification Models", arXiv:1908.05267, and Gururangan et al. 2018, "Annotation Artifacts
        in Natural Language Inference Data", arXiv:1803.02324, for the leak in real data.
    Guide: 7.3.2 (G41).
    """
    leak = share("leak", leak)
    return (1 - leak if turned else 1 + leak) / len(LABELS)
