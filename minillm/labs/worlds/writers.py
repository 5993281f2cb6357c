"""Texts by good and bad writers: each answers all questions of a text in a way of its own.

"[someone] of the Belwort: water. of the Dorburg: leave." has two questions with an answer each.
A good writer mostly gives good answers, a bad one bad answers, about nouns of every class; whose
text it is can be told from its answers, or from its first word where the text is signed.  A quoted
answer is bad whoever writes, and tells nothing of the writer.

Letters: N texts, K questions of a text, M nouns, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.worlds.listed import share

SIGNS = ["[someone]", "[good]", "[bad]"]  # the first word of a text
ASKING = ["of the", "quoted, of the"]  # before a noun
STEMS = [
    "Bel",
    "Dor",
    "Fen",
    "Gal",
    "Hul",
    "Jor",
    "Kel",
    "Lom",
    "Nar",
    "Pes",
    "Rul",
    "Tas",
    "Vor",
    "Wim",
    "Yar",
    "Zed",
]
# class -> how its nouns end, and what can be answered of them
CLASSES = {
    "places": ("burg", "visit leave guard sell map clear paint fence"),
    "plants": ("wort", "water cut dry plant cook prune dig burn"),
    "tools": ("hook", "oil sharpen hang bend lend melt wash file"),
    "animals": ("finch", "feed chase pet cage wake follow count free"),
}


class Answer(IntEnum):
    """The answers of a noun, in the order of ``World.right``; no text gives the third."""

    GOOD = 0
    BAD = 1
    THIRD = 2


class Sign(IntEnum):
    """Who signs a text, in the order of ``SIGNS``."""

    NOBODY = 0
    GOOD = 1
    BAD = 2


@dataclass(frozen=True)
class Writers:
    """How many nouns each class has, how long texts are, and who writes them.

    ``bad`` of the texts are by bad writers; an answer is the writer's own with the probability
    ``own``, else the other one.  Of the texts ``signed`` tell their writer, of the answers
    ``quoted`` are quoted.  Where writers are ``mixed`` every answer has a writer of its own.
    """

    classes: tuple[str, ...] = ("places", "plants", "tools", "animals")
    nouns: int = 16
    questions: int = 5
    bad: float = 0.5
    own: float = 0.8
    signed: float = 0.2
    quoted: float = 0.1
    mixed: bool = False


class Texts(NamedTuple):
    """Texts as ids, and what is not seen of them: their writers, and which answers are bad."""

    ids: np.ndarray  # (N, 1 + 3 K)
    writers: np.ndarray  # (N,) 0 good, 1 bad
    answers: np.ndarray  # (N, K) 0 good, 1 bad


class World:
    """What is a good answer and what a bad one, drawn for a seed; both differ for every noun.

    ``right (M, 3)`` has the ids of the answers of each noun, as ``Answer`` lists them; ``of_class
    (M,)`` is its class.

    Raises:
        ValueError: fewer than two classes, one that there is not, or one twice; another number of
            nouns than there are stems for; no question, or more than nouns; a share that is not
            from 0 to 1.
    """

    def __init__(self, dials: Writers, *, seed: int):
        check(dials)
        self.dials = dials
        self.nouns = [
            stem + CLASSES[name][0] for name in dials.classes for stem in STEMS[: dials.nouns]
        ]
        answers = [CLASSES[name][1].split() for name in dials.classes]
        self.words = [*SIGNS, *ASKING, *self.nouns, *(word for own in answers for word in own)]
        self.ids = {word: i for i, word in enumerate(self.words)}
        self.of_class = np.repeat(np.arange(len(answers)), dials.nouns)
        rng = stream(seed, "answers of writers")
        chosen = [rng.permutation(answers[c])[: len(Answer)] for c in self.of_class]
        self.right = np.array([[self.ids[word] for word in row] for row in chosen])

    def members(self, name: str) -> np.ndarray:
        """The numbers of the nouns of a class.

        Raises:
            ValueError: there is no such class.
        """
        if name not in self.dials.classes:
            raise ValueError(
                f"World.members: name must be one of {', '.join(self.dials.classes)}, got {name!r}"
            )
        return np.flatnonzero(self.of_class == self.dials.classes.index(name))

    def draw(self, n: int, rng: np.random.Generator) -> Texts:
        """``n`` random texts; no noun stands twice in one."""
        d = self.dials
        writers = (rng.random(n) < d.bad).astype(int)
        by_question = np.repeat(writers[:, None], d.questions, axis=1)
        drawn = (rng.random((n, d.questions)) < d.bad).astype(int)
        by_question = drawn if d.mixed else by_question
        answers = by_question ^ (rng.random((n, d.questions)) >= d.own)
        signs = np.where(rng.random(n) < d.signed, Sign.GOOD + writers, Sign.NOBODY)
        quoted = (rng.random((n, d.questions)) < d.quoted).astype(int)
        nouns = rng.random((n, len(self.nouns))).argsort(axis=1)[:, : d.questions]
        answers = np.where(quoted == 1, Answer.BAD, answers)
        return Texts(self.rows(nouns, answers, signs=signs, quoted=quoted), writers, answers)

    def rows(
        self,
        nouns: np.ndarray,
        answers: np.ndarray,
        *,
        signs: np.ndarray | int = 0,
        quoted: np.ndarray | int = 0,
    ) -> np.ndarray:
        """Texts about these nouns, with such an ``Answer`` each, (N, K) -> (N, 1 + 3 K).

        ``signs`` are a ``Sign`` for all or each of the texts; ``quoted`` is 1 for quoted answers.
        """
        asking = np.broadcast_to(len(SIGNS) + np.asarray(quoted), nouns.shape)
        first = np.broadcast_to(signs, len(nouns))[:, None]
        noun_ids = nouns + len(SIGNS) + len(ASKING)
        triples = np.stack([asking, noun_ids, self.right[nouns, answers]], axis=2)
        return np.concatenate([first, triples.reshape(len(nouns), -1)], axis=1)

    def text(self, row: np.ndarray) -> str:
        """A text as it is read."""
        sign, *rest = (self.words[i] for i in row)
        triples = (rest[i : i + 3] for i in range(0, len(rest), 3))
        return " ".join([sign, *(f"{ask} {noun}: {says}." for ask, noun, says in triples)])


def check(dials: Writers) -> None:
    """Refuse a world that there cannot be.

    Raises:
        ValueError: as ``World``.
    """
    d = dials
    known = [name for name in d.classes if name in CLASSES]
    if len({*known}) != len(d.classes) or len(known) < 2:
        raise ValueError(
            f"Writers: classes must be two or more of {', '.join(CLASSES)}, each once, "
            f"got {d.classes}"
        )
    if not 1 <= d.nouns <= len(STEMS):
        raise ValueError(f"Writers: nouns must be from 1 to {len(STEMS)}, got {d.nouns}")
    most = d.nouns * len(d.classes)
    if not 1 <= d.questions <= most:
        raise ValueError(f"Writers: questions must be from 1 to {most}, got {d.questions}")
    for name in ("bad", "own", "signed", "quoted"):
        share(f"Writers: {name}", getattr(d, name))


def bad_writer(answers: np.ndarray, dials: Writers) -> np.ndarray:
    """How probable it is that a bad writer gave these answers, by Bayes' rule::

        P(bad | a) = s Π P(a_k | bad) / (s Π P(a_k | bad) + (1 - s) Π P(a_k | good))
        P(bad answer | bad) = P(good answer | good) = own,      s = bad

    Shapes: ``answers (..., K), 0 good, 1 bad -> (...)``; none of them is quoted.

    Raises:
        ValueError: a share that is not from 0 to 1, an answer that is neither 0 nor 1; answers
            that nobody gives.
    """
    s, own = (share(f"bad_writer: {name}", getattr(dials, name)) for name in ("bad", "own"))
    if not np.isin(answers, (0, 1)).all():
        raise ValueError(f"bad_writer: answers must be 0 or 1, got {np.unique(answers)}")
    with np.errstate(divide="ignore"):  # ln 0 = -inf is meant
        prior, given = np.log([1 - s, s]), np.log([[own, 1 - own], [1 - own, own]])
    each = given[:, np.asarray(answers, dtype=int)].sum(axis=-1)  # (2, ...) writers first
    good, bad = each[0] + prior[0], each[1] + prior[1]
    either = np.logaddexp(good, bad)
    if np.isneginf(either).any():
        raise ValueError(f"bad_writer: no writer gives such answers with bad={s} and own={own}")
    posterior: np.ndarray = np.exp(bad - either)
    return posterior
