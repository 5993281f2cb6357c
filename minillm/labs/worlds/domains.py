"""Sentences about one domain of the sentiment grammar at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.text import Example, WordTokenizer
from minillm.text.augmentation import any_of
from minillm.text.corpora.rewriting import PHRASES
from minillm.text.corpora.sentiment import Domain, sentiment

# language -> name -> domain, in the order of the grammar
NAMES = ("film", "book", "restaurant", "hotel", "course")
DOMAINS: dict[str, dict[str, Domain]] = {
    language: dict(zip(NAMES, phrases.domains, strict=True))
    for language, phrases in PHRASES.items()
}


class Tagged(NamedTuple):
    """Examples and their tags, in the same order."""

    examples: list[Example]
    tags: list[frozenset[str]]


def draw_domain(name: str, language: str, *, sizes: Sequence[int], seed: int) -> list[Tagged]:
    """Disjoint sets of different sentences about one domain, balanced and of all kinds.

    Raises:
        ValueError: a size is not a multiple of 40, so that the shares do not come out even; the
            domain does not have that many sentences.
    """
    if any(size % 40 for size in sizes):
        raise ValueError(f"sizes must be multiples of 40, got {list(sizes)}")
    domain = DOMAINS[language][name]
    phrases = PHRASES[language]._replace(domains=(domain,))
    rng = stream(seed, f"domain {domain.aspects[0].subject}")
    drawn: list[list[tuple[Example, frozenset[str]]]] = [[] for _ in sizes]
    for tags, share, by_label in sentiment(phrases, single_clauses=False):
        for label, sentences in by_label.items():
            counts = [round(size * share / len(by_label)) for size in sizes]
            if sum(counts) > len(sentences):
                raise ValueError(
                    f"{sum(counts)} sentences needed, the grammar has {len(sentences)}"
                )
            numbers = rng.permutation(len(sentences))[: sum(counts)]
            parts = np.split(numbers, np.cumsum(counts)[:-1])
            for items, part in zip(drawn, parts, strict=True):
                items += [(Example(sentences[int(n)], label), tags) for n in part]
    shuffled = [[items[i] for i in rng.permutation(len(items))] for items in drawn]
    return [Tagged([e for e, _ in items], [t for _, t in items]) for items in shuffled]


def adjectives(domain: Domain) -> set[str]:
    """The words that praise or blame something of the domain."""
    return {w for a in domain.aspects for side in a.words.values() for w in side}


def token_count(examples: Sequence[Example]) -> int:
    """How many words and signs the texts have."""
    tokenize = WordTokenizer().tokenize
    return sum(len(tokenize(text)) for text, _ in examples)


def mixed(sources: Sequence[Sequence[Example]], budget: int) -> list[Example]:
    """The first examples of each of k sources, ``budget`` tokens in equal parts.

    Source i gives examples while all that was taken keeps within ``(i + 1) budget / k``.  What
    one could not use the next one may, so that the whole is less than one example below the budget.

    Raises:
        ValueError: a source has too few.
    """
    taken: list[Example] = []
    used = 0
    for number, source in enumerate(sources, start=1):
        for example in source:
            more = used + token_count([example])
            if more * len(sources) > budget * number:
                break
            taken.append(example)
            used = more
        else:
            raise ValueError(
                f"{budget} tokens in {len(sources)} equal parts: source {number} of "
                f"{len(source)} examples has too few"
            )
    return taken


def share_known(train: Sequence[Example], test: Sequence[Example], words: set[str]) -> float:
    """The share of the test's occurrences of ``words`` that training contains.

    Raises:
        ValueError: none of the words occurs in the test.
    """
    words_in = any_of(tuple(sorted(words))).findall
    seen = {word for text, _ in train for word in words_in(text)}
    met = [word in seen for text, _ in test for word in words_in(text)]
    if not met:
        raise ValueError("none of the words occurs in the test")
    return float(np.mean(met))
