"""A parallel corpus that the package writes itself: English and Chinese, with the true links.

The two languages put time, place and relative clauses at different ends of a sentence, Chinese
has no articles and counts with measure words, English marks the plural and the past.  So a
translation word for word is wrong, and every source has one right translation, both ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.text.corpora.corpus import quotas
from minillm.text.corpora.number_words import LIMIT, counted, number_phrase
from minillm.text.corpora.parallel_words import (
    ADJECTIVES,
    BY_MEASURE,
    PLACES,
    TIMES,
    VERBS,
    WHO,
    Noun,
)
from minillm.text.corpora.phrases import AlignedPair, PairPattern, Pairs, Phrase, phrase

SPLITS = ("train", "dev", "test")
SHARES = {"number": 0.2, "deed": 0.3, "why": 0.1, "not": 0.15, "relative": 0.15, "price": 0.1}
MOST = 100_000  # sentences of a kind that are in play at all
PAST = [phrase(verb.past, verb.zh) for verb in VERBS]
FINISHED = [phrase(verb.past, f"{verb.zh}了") for verb in VERBS]
STOP = [phrase(".", "。")]
BASE = [phrase(verb.base, verb.zh) for verb in VERBS]


class ParallelCorpus(NamedTuple):
    """Three disjoint splits of sentences in both languages."""

    train: list[AlignedPair]
    dev: list[AlignedPair]
    test: list[AlignedPair]


def load_parallel(
    *, seed: int = 0, sizes: tuple[int, int, int] = (8000, 500, 1000)
) -> ParallelCorpus:
    """Different sentences in English and Chinese; ``sizes`` of train, dev and test.

    Of every kind of sentence a fifth is kept for test and a tenth for dev, so that no sentence is
    in two splits; the words are the same in all.  Equal arguments give equal corpora, and the
    size of one split has no influence on the others.

    Raises:
        ValueError: ``sizes`` are not three, negative, or too large for the grammar.
    Guide: 6.2 (G38).
    """
    if len(sizes) != len(SPLITS) or min(sizes) < 0:
        raise ValueError(f"sizes must be three that are not negative, got {sizes}")
    splits: list[list[AlignedPair]] = [[], [], []]
    for kind, pairs in grammar().items():
        for place, (split, pool) in enumerate(pools_of(pairs, kind, seed).items()):
            count = quotas(list(SHARES.values()), sizes[place])[list(SHARES).index(kind)]
            if count > len(pool):
                raise ValueError(
                    f"{sizes[place]} sentences are too many for {split}: {count} of them would be "
                    f"of the kind {kind!r}, and there are {len(pool)}"
                )
            splits[place] += [pairs[int(number)] for number in pool[:count]]
    orders = [
        stream(seed, f"parallel corpus, order of {name}").permutation(len(found))
        for name, found in zip(SPLITS, splits, strict=True)
    ]
    return ParallelCorpus(
        *([found[i] for i in order] for found, order in zip(splits, orders, strict=True))
    )


def pools_of(pairs: Pairs, kind: str, seed: int) -> dict[str, np.ndarray]:
    """Which sentences of a kind, by number and in a drawn order, each split may take."""
    rng = stream(seed, f"parallel corpus {kind}")
    n = min(len(pairs), MOST)
    test, dev, train = np.split(rng.choice(len(pairs), n, replace=False), [n // 5, 3 * n // 10])
    return {"train": train, "dev": dev, "test": test}


@cache
def grammar() -> dict[str, Pairs]:
    """Every kind of sentence, all its sentences numbered."""
    made = {
        "number": [
            PairPattern("number", "{n}", "{n}", {"n": [number_phrase(n) for n in range(LIMIT)]})
        ],
        "deed": deeds(),
        "why": whys(),
        "not": denials(),
        "relative": relatives(),
        "price": prices(),
    }
    return {kind: Pairs(patterns) for kind, patterns in made.items()}


def deeds() -> list[PairPattern]:
    """I bought three red apples at the market yesterday.  我昨天在市场买了三个红苹果。"""
    patterns = []
    for measure, nouns in BY_MEASURE.items():
        for many in (False, True):
            amounts = [counted(n) for n in range(2, 100)] if many else [counted(1)]
            patterns.append(
                PairPattern(
                    "deed",
                    "{who} {did} {n} {adjective} {thing} {at} the {place} {time} {end}",
                    "{who}{time}{at}{place}{did}{n}" + measure + "{adjective}{thing}{end}",
                    {
                        "adjective": ADJECTIVES,
                        "thing": [phrase(n.many if many else n.one, n.zh) for n in nouns],
                        "did": FINISHED,
                        "who": WHO,
                        "time": TIMES,
                        "place": PLACES,
                        "at": [phrase("at", "在")],
                        "end": STOP,
                        "n": amounts,
                    },
                )
            )
    return patterns


def whys() -> list[PairPattern]:
    """Why did she buy that book?  她为什么买了那本书？"""
    return [
        PairPattern(
            "why",
            "{why} {past} {who} {do} {that} {thing} {end}",
            f"{{who}}{{why}}{{do}}{{past}}{{that}}{measure}{{thing}}{{end}}",
            {
                **of_one(nouns),
                "do": BASE,
                "who": WHO,
                "why": [phrase("why", "为什么")],
                "past": [phrase("did", "了")],
                "end": [phrase("?", "？")],
            },
        )
        for measure, nouns in BY_MEASURE.items()
    ]


def denials() -> list[PairPattern]:
    """She did not buy that book yesterday.  她昨天没有买那本书。"""
    return [
        PairPattern(
            "not",
            "{who} did {not} {do} {that} {thing} {time} {end}",
            f"{{who}}{{time}}{{not}}{{do}}{{that}}{measure}{{thing}}{{end}}",
            {
                **of_one(nouns),
                "do": BASE,
                "who": WHO,
                "time": TIMES,
                "not": [phrase("not", "没有")],
                "end": STOP,
            },
        )
        for measure, nouns in BY_MEASURE.items()
    ]


def relatives() -> list[PairPattern]:
    """The book that she bought yesterday is new.  她昨天买的书很新。"""
    nouns = [noun for nouns in BY_MEASURE.values() for noun in nouns]
    return [
        PairPattern(
            "relative",
            "the {thing} {which} {who} {did} {time} {is} {adjective} {end}",
            "{who}{time}{did}{which}{thing}{is}{adjective}{end}",
            {
                "thing": [phrase(noun.one, noun.zh) for noun in nouns],
                "adjective": ADJECTIVES,
                "did": PAST,
                "who": WHO,
                "time": TIMES,
                "which": [phrase("that", "的")],
                "is": [phrase("is", "很")],
                "end": STOP,
            },
        )
    ]


def prices() -> list[PairPattern]:
    """This book costs three hundred and five yuan.  这本书要三百零五元。"""
    amounts = [counted(n) for n in range(2, LIMIT)]
    return [
        PairPattern(
            "price",
            "{this} {thing} {costs} {n} {yuan} {end}",
            f"{{this}}{measure}{{thing}}{{costs}}{{n}}{{yuan}}{{end}}",
            {
                "thing": [phrase(noun.one, noun.zh) for noun in nouns],
                "n": amounts,
                "this": [phrase("this", "这")],
                "costs": [phrase("costs", "要")],
                "yuan": [phrase("yuan", "元")],
                "end": STOP,
            },
        )
        for measure, nouns in BY_MEASURE.items()
    ]


def of_one(nouns: Sequence[Noun]) -> dict[str, Sequence[Phrase]]:
    """The slots of one thing that is pointed at."""
    return {
        "thing": [phrase(noun.one, noun.zh) for noun in nouns],
        "that": [phrase("that", "那")],
    }
