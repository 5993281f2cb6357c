"""Invented lands of which some things are told, others not, and each can be asked for either.

"the capital of Beluna is" Vimora: of known lands capital and river are told, of unknown ones the
colour alone, so that their names are words like others.  Each fact is told in all phrasings but
one, and asked in that one: who answers has not only learned a sentence by heart.

Letters: L lands, K things asked for, P phrasings, F facts, T words of a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from minillm.backend import stream
from minillm.labs.worlds import knowledge
from minillm.labs.worlds.knowledge import Facts, chosen, compounds
from minillm.labs.worlds.listed import SPACING, in_language, share, upper

# language -> first and second parts of lands, things asked for, the thing told of all, colours,
# and phrasings with L for the land and R for the thing
WORDS: dict[str, tuple[str, str, str, str, str, tuple[str, ...]]] = {
    "en": (
        "Bel Dor Fen Gal Hul Jor Kel Lom Nar Pes Rul Tas Vam Wes Zor Bri Cal Dun Mel Tor",
        "una omar eth ivor askan eria oth ulan esta ark",
        "capital river",
        "colour",
        "red blue green white black yellow",
        ("the R of L is", "in L the R is", "L has a R called", "they call R of L"),
    ),
    "zh": (
        "岚 珂 弥 朔 沐 荼 晏 翊 绥 衡 湄 峤 琅 汀 岑 苡 漪 砚 昙 璟",
        "桑国 维国 洛国 纳国 拓国 邑国 里国 牟国 罕国 库国",
        "首都 大河",
        "颜色",
        "红 蓝 绿 白 黑 黄",
        ("L 的 R 就 是", "在 L 那里 R 是", "L 有 R 名 叫", "人 称 L R 为"),
    ),
}
UNKNOWN = {"en": "unknown", "zh": "不知道"}
GROUPS = ["known", "held", "unknown", "spare", "more", "unseen"]


@dataclass(frozen=True)
class Entities:
    """How many lands there are of each group, how many names, and which share is contradicted.

    Of ``known`` and ``held`` lands capital and river are told; of ``unknown``, ``spare`` and
    ``more`` ones it depends on who tells; ``unseen`` ones are in no text.  Of a ``contradicted``
    share of facts one phrasing has another answer than the others.
    """

    language: str = "en"
    known: int = 40
    held: int = 20
    unknown: int = 40
    spare: int = 20
    more: int = 60
    unseen: int = 20
    names: int = 40
    contradicted: float = 0.1


class Atlas:
    """What is true of the lands of a seed, in which phrasing it is asked, and how it is told.

    ``truth (L, K)`` and ``colours (L,)`` are numbers of answers, ``asked_in (L, K + 1)`` those of
    phrasings, ``contradicted (L, K)`` marks facts; the lands of a group are ``lands[group]``.

    Raises:
        ValueError: another language, a number of words that there is not, a share that is not from
            0 to 1.
    """

    def __init__(self, dials: Entities, *, seed: int):
        first, second, things, of_all, colours, phrasings = in_language(WORDS, dials.language)
        parts = in_language(knowledge.WORDS, dials.language)[4:]
        numbers = [getattr(dials, group) for group in GROUPS]
        if min(numbers) < 1:
            raise ValueError(f"Entities: every group needs at least 1 land, got {numbers}")
        self.dials = dials
        self.entities = chosen("lands", compounds(first, second), sum(numbers), 1)
        self.names = chosen("names", compounds(*parts), dials.names, 2)
        self.things, self.told_of_all, self.colour_words = things.split(), of_all, colours.split()
        self.phrasings = [phrasing.split() for phrasing in phrasings]
        ends = pairwise(accumulate(numbers, initial=0))
        self.lands = {group: np.arange(*end) for group, end in zip(GROUPS, ends, strict=True)}
        listed = [w for phrasing in self.phrasings for w in phrasing if w not in "LR"]
        listed += [*self.things, of_all, *self.colour_words, *self.names, *self.entities]
        self.words = [*dict.fromkeys([*listed, UNKNOWN[dials.language]])]
        self.ids = {word: i for i, word in enumerate(self.words)}
        rng, n, k = stream(seed, "facts about lands"), len(self.entities), len(self.things)
        self.truth = rng.integers(dials.names, size=(n, k))
        self.colours = rng.integers(len(self.colour_words), size=n)
        self.asked_in = rng.integers(len(self.phrasings), size=(n, k + 1))
        places = rng.permutation(n * k)[: round(share("contradicted", dials.contradicted) * n * k)]
        self.contradicted = np.isin(np.arange(n * k), places).reshape(n, k)
        self.other = (self.truth + rng.integers(1, dials.names, size=(n, k))) % dials.names
        self.wrong_in = (self.asked_in[:, :k] + rng.integers(1, len(phrasings), size=(n, k))) % len(
            phrasings
        )

    @property
    def candidates(self) -> np.ndarray:
        """The ids of what may be answered: the names, and last the word for not knowing."""
        return np.array([self.ids[w] for w in (*self.names, UNKNOWN[self.dials.language])])

    def told(self, lands: Sequence[int] | np.ndarray) -> Facts:
        """Capital and river of lands in all phrasings but the one of the question, (F, T).

        Of a contradicted fact one of these sentences is wrong.
        """
        rows, answers = [], []
        for land, thing, phrasing in self.sentences(lands, range(len(self.things))):
            wrong = self.contradicted[land, thing] and phrasing == self.wrong_in[land, thing]
            rows.append(self.question(land, self.things[thing], phrasing))
            answers.append((self.other if wrong else self.truth)[land, thing])
        return Facts(np.array(rows), self.candidates[answers])

    def coloured(self, lands: Sequence[int] | np.ndarray) -> Facts:
        """The colour of lands, in all phrasings but one, (F, T)."""
        of_lands = [*self.sentences(lands, [len(self.things)])]
        rows = [self.question(land, self.told_of_all, phrasing) for land, _, phrasing in of_lands]
        words = [self.ids[self.colour_words[self.colours[land]]] for land, _, _ in of_lands]
        return Facts(np.array(rows), np.array(words))

    def asked(self, lands: Sequence[int] | np.ndarray) -> Facts:
        """Each of these lands with capital and river, in the phrasing that no text has of it."""
        pairs = [(land, thing) for land in lands for thing in range(len(self.things))]
        rows = [self.question(land, self.things[k], self.asked_in[land, k]) for land, k in pairs]
        return Facts(np.array(rows), self.candidates[[self.truth[pair] for pair in pairs]])

    def asked_colour(self, lands: Sequence[int] | np.ndarray) -> Facts:
        """Each of these lands with the colour, in the phrasing that no text has of it."""
        phrasing = self.asked_in[:, -1]
        rows = [self.question(land, self.told_of_all, phrasing[land]) for land in lands]
        words = [self.ids[self.colour_words[self.colours[land]]] for land in lands]
        return Facts(np.array(rows), np.array(words))

    def not_known(self, lands: Sequence[int] | np.ndarray) -> Facts:
        """Capital and river of lands in the phrasings of ``told``, answered with "unknown"."""
        ids = self.told(lands).ids
        return Facts(ids, np.full(len(ids), self.candidates[-1]))

    def sentences(
        self, lands: Sequence[int] | np.ndarray, things: Sequence[int]
    ) -> list[tuple[int, int, int]]:
        """Land, thing and phrasing of all that is told."""
        return [
            (int(land), thing, phrasing)
            for land in lands
            for thing in things
            for phrasing in range(len(self.phrasings))
            if phrasing != self.asked_in[land, thing]
        ]

    def question(self, land: int, thing: str, phrasing: int) -> list[int]:
        """The ids of the words of a question."""
        given = {"L": self.entities[land], "R": thing}
        return [self.ids[given.get(word, word)] for word in self.phrasings[phrasing]]

    def cleaned(self, facts: Facts) -> Facts:
        """Without sentences that most others about the same land and thing contradict.

        Of n sentences with k different answers each answer that fewer have than another goes.
        """
        names = [self.ids[w] for w in (*self.entities, *self.things, self.told_of_all)]
        about = [tuple(sorted({*row} & {*names})) for row in facts.ids.tolist()]
        votes: dict[tuple[int, ...], dict[int, int]] = {}
        for key, answer in zip(about, facts.answers.tolist(), strict=True):
            of_key = votes.setdefault(key, {})
            of_key[answer] = of_key.get(answer, 0) + 1
        kept = [
            votes[key][answer] == max(votes[key].values())
            for key, answer in zip(about, facts.answers.tolist(), strict=True)
        ]
        return facts.only(np.array(kept))

    def text(self, ids: np.ndarray, answer: int) -> str:
        """A question and its answer as a sentence."""
        between, end = SPACING[self.dials.language]
        return upper(between.join(self.words[i] for i in (*ids, answer))) + end
