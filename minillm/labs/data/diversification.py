"""Do more domains help on a domain that was not among them, for the same number of examples?

Five domains of the sentiment grammar: each is held out in turn.  Training takes the same number
of examples from one, two or four of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.data import augmentation, classifiers
from minillm.labs.data.classifiers import KINDS, both_fits, groups_of
from minillm.labs.study import Study
from minillm.tasks.label_filter import Learner
from minillm.text import Example, WordTokenizer, augment, require_disjoint
from minillm.text.corpora.sentiment import LABELS, Domain, sentiment
from minillm.text.corpora.sentiment_en import ENGLISH

BUDGET, TEST = 600, 400
DOMAINS = ("film", "book", "restaurant", "hotel", "course")  # in the order of the grammar
CONDITIONS = ("1", "2", "4", "1 + synonyms", "1 + word dropout", "own")


class Tagged(NamedTuple):
    """Examples and their tags, in the same order."""

    examples: list[Example]
    tags: list[frozenset[str]]


def draw_domain(domain: Domain, *, sizes: Sequence[int], seed: int) -> list[Tagged]:
    """Disjoint sets of different English sentences about one domain, balanced and of all kinds.

    Raises:
        ValueError: a size is not a multiple of 40, so that the shares do not come out even; the
            domain has not so many sentences.
    """
    if any(size % 40 for size in sizes):
        raise ValueError(f"sizes must be multiples of 40, got {list(sizes)}")
    rng = stream(seed, f"domain {domain.aspects[0].subject}")
    drawn: list[list[tuple[Example, frozenset[str]]]] = [[] for _ in sizes]
    for tags, share, by_label in sentiment(ENGLISH._replace(domains=(domain,))):
        for label in LABELS:
            sentences = by_label[label]
            counts = [round(size * share / len(LABELS)) for size in sizes]
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


def mixed(sources: Sequence[Sequence[Example]], budget: int) -> list[Example]:
    """The first ``budget / k`` examples of each of k sources.

    Raises:
        ValueError: the budget cannot be shared equally, or a source has too few.
    """
    each, rest = divmod(budget, len(sources))
    if rest or any(len(source) < each for source in sources):
        lengths = [len(source) for source in sources]
        raise ValueError(f"{budget} examples cannot come in equal parts from sources of {lengths}")
    return [example for source in sources for example in source[:each]]


def held_out_accuracy(
    train: Sequence[Example],
    test: Sequence[Example],
    groups: Mapping[str, np.ndarray],
    *,
    fit: Learner,
) -> list[float]:
    """Accuracy in each group of a test set from elsewhere.

    Raises:
        ValueError: train and test share a sentence.
    """
    require_disjoint(train=train, test=test)
    return classifiers.accuracies(fit, train, test, groups)


def share_known(train: Sequence[Example], test: Sequence[Example], words: set[str]) -> float:
    """The share of the test's occurrences of ``words`` that training contains.

    Raises:
        ValueError: none of the words occurs in the test.
    """
    tokenize = WordTokenizer().tokenize
    seen = {token for text, _ in train for token in tokenize(text)}
    met = [token in seen for text, _ in test for token in tokenize(text) if token in words]
    if not met:
        raise ValueError("none of the words occurs in the test")
    return float(np.mean(met))


def training_sets(
    own: Sequence[Example],
    others: Sequence[Sequence[Example]],
    *,
    budget: int,
    rng: np.random.Generator,
) -> dict[str, list[Example]]:
    """For each condition its training examples; ``others`` in the order in which they are used."""
    changes = augmentation.corpus_changes("en")
    sets = {str(k): mixed(others[:k], budget) for k in (1, 2, 4)}
    for name in ("synonyms", "word dropout"):
        copies = augment(sets["1"], changes[name], copies=augmentation.COPIES, rng=rng)
        sets[f"1 + {name}"] = copies
    sets["own"] = mixed([own], budget)
    return sets


def measure(
    seed: int,
    *,
    budget: int = BUDGET,
    n_test: int = TEST,
    held_out: Sequence[str] = DOMAINS,
    fits: Mapping[str, Learner] | None = None,
) -> dict[str, np.ndarray]:
    """Accuracies ``(H, C, K)`` by held-out domain, condition and kind of sentence, for each model.

    ``known (H, C)`` is the share of the held-out domain's adjectives that training contains.
    """
    models = both_fits(seed) if fits is None else fits
    grammar = dict(zip(DOMAINS, ENGLISH.domains, strict=True))
    drawn = {
        name: draw_domain(domain, sizes=(n_test, budget), seed=seed)
        for name, domain in grammar.items()
    }
    found: dict[str, list[list[list[float]]]] = {name: [] for name in models}
    known = []
    for name in held_out:
        test, own = drawn[name]
        order = stream(seed, f"sources for {name}").permutation([d for d in DOMAINS if d != name])
        others = [drawn[other][1].examples for other in order]
        rng = stream(seed, f"copies for {name}")
        sets = training_sets(own.examples, others, budget=budget, rng=rng)
        groups = groups_of(test.tags)
        for model, fit in models.items():
            rows = [held_out_accuracy(s, test.examples, groups, fit=fit) for s in sets.values()]
            found[model].append(rows)
        words = {w for a in grammar[name].aspects for side in a.words.values() for w in side}
        known.append([share_known(s, test.examples, words) for s in sets.values()])
    return {**{name: np.array(rows) for name, rows in found.items()}, "known": np.array(known)}


STUDY = Study(
    name="diversification",
    question="Do more domains help on a held-out one, for the same number of examples?",
    settings={
        "corpus": "sentiment, English",
        "budget": BUDGET,
        "test": TEST,
        "held out": list(DOMAINS),
        "conditions": list(CONDITIONS),
        "copies": augmentation.COPIES,
        "kinds": list(KINDS),
        **classifiers.SETTINGS,
    },
    measure=measure,
    seeds=(0, 1, 2, 3, 4),
    tolerance=0.12,
)
