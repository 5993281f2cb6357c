"""What does cleaning find, what does it miss, and what is it worth in test accuracy?

Flaws are put into the training data at known rates.  ``clean`` repairs spelling and drops useless
lines and contradictions; a filter then drops labels that are improbable out of fold.  Apart from
these, test sentences are put into the training data, to see how much they flatter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minillm.backend import stream
from minillm.labs.learners import Learners, accuracies, fits_of
from minillm.labs.study import Study
from minillm.labs.worlds.flaws import (
    Item,
    cleaned,
    is_bad,
    precision,
    recall,
    respelled,
    spoil,
)
from minillm.labs.worlds.kinds import groups_of
from minillm.tasks import label_probabilities
from minillm.tasks.label_filter import Learner
from minillm.text import Example, normalize, require_disjoint, shared_texts, text_key
from minillm.text.corpora import Corpus, load_corpus


def flaw_rates() -> dict[str, float]:
    """Which share of the training data has which flaw."""
    return {
        "wrong label": 0.2,
        "twin": 0.05,
        "near twin": 0.05,
        "reworded twin": 0.05,
        "spelling": 0.1,
        "useless": 0.05,
    }


@dataclass(frozen=True)
class Leak:
    """The training data into which test sentences are put, and the share of the test put there."""

    train: int = 1000
    share: float = 0.3


@dataclass(frozen=True)
class Settings:
    """The data and their flaws, the filter, the leak, the models; the rows of the results."""

    corpus: str = "sentiment"
    single_clauses: bool = False
    language: str = "en"
    train: int = 2000
    test: int = 1000
    rates: Mapping[str, float] = field(default_factory=flaw_rates)
    max_characters: int = 1000  # of a text that is kept
    folds: int = 5
    threshold: float = 0.3  # a label that is less probable is doubtful
    leak: Leak = Leak()
    learners: Learners = Learners()
    kinds: tuple[str, ...] = ("all", "plain", "denial", "order")
    conditions: tuple[str, ...] = (
        "flawless",
        "flawed",
        "cleaned",
        "cleaned, filter of bag_of_words",
        "cleaned, filter of bert",
        "all bad dropped",  # what a perfect filter would leave
    )
    found: tuple[str, ...] = (  # by ``clean``
        *("precision", "wrong label", "twin", "near twin", "reworded twin", "useless"),
        *("wrong label, plain", "wrong label, order"),
    )
    filtered: tuple[str, ...] = (  # of what ``clean`` cannot see
        *("precision", "wrong label", "wrong label, plain", "wrong label, order"),
        "reworded twin",
    )


def without_doubtful(
    items: Sequence[Item], fit: Learner, *, folds: int, threshold: float, rng: np.random.Generator
) -> tuple[list[Item], list[Item]]:
    """Items whose label has a probability of at least ``threshold`` out of fold, and the others."""
    own = label_probabilities([item.example for item in items], fit, folds=folds, rng=rng)
    kept = [item for item, p in zip(items, own, strict=True) if p >= threshold]
    return kept, [item for item, p in zip(items, own, strict=True) if p < threshold]


def audit(items: Sequence[Item], dropped: Sequence[Item], rows: Sequence[str]) -> np.ndarray:
    """A number for each row: "precision", or the recall of a flaw, perhaps of one kind only."""
    found = []
    for row in rows:
        flaw, _, kind = row.partition(", ")
        found.append(
            precision(dropped) if row == "precision" else recall(items, dropped, flaw, kind)
        )
    return np.array(found)


def examples_of(items: Sequence[Item]) -> list[Example]:
    """The items' examples."""
    return [item.example for item in items]


def measure_flaws(
    settings: Settings, seed: int, fits: Mapping[str, Learner]
) -> dict[str, np.ndarray]:
    """Accuracies ``(C, K)`` of the models by condition, and what was found, as ``audit``.

    Raises:
        ValueError: a condition is unknown.
    """
    sizes = settings.train, 0, settings.test
    corpus = corpus_of(settings, sizes, seed)
    items = spoil(corpus.train, corpus.tags["train"], settings.rates, stream(seed, "flaws"))
    tidy, untidy = cleaned(items, max_characters=settings.max_characters)
    originals = {text for text, _ in corpus.train}
    spelled = [normalize(i.example.text) in originals for i in tidy if i.flaw == "spelling"]
    numbers = {
        "clean": audit(items, untidy, settings.found),
        "repaired": np.array(sum(spelled) / sum(i.flaw == "spelling" for i in items)),
    }
    sets = {"flawless": corpus.train, "flawed": examples_of(items), "cleaned": examples_of(tidy)}
    for name, fit in fits.items():
        kept, doubtful = without_doubtful(
            tidy,
            fit,
            folds=settings.folds,
            threshold=settings.threshold,
            rng=stream(seed, "folds"),
        )
        sets[f"cleaned, filter of {name}"] = examples_of(kept)
        numbers[f"filter_{name}"] = audit(tidy, doubtful, settings.filtered)
    sets["all bad dropped"] = examples_of([item for item in tidy if not is_bad(item)])
    unknown = [name for name in settings.conditions if name not in sets]
    if unknown:
        raise ValueError(f"conditions must be among {', '.join(sets)}, got {unknown[0]!r}")
    groups = groups_of(corpus.tags["test"], settings.kinds)
    for name, fit in fits.items():
        rows = [accuracies(fit, sets[c], corpus.test, groups) for c in settings.conditions]
        numbers[name] = np.array(rows)
    return numbers


def measure_leak(
    settings: Settings, seed: int, fits: Mapping[str, Learner]
) -> dict[str, np.ndarray]:
    """Accuracy ``(3,)`` with test sentences in training, on all, those leaked, and the others.

    ``honest_*`` is the same after their removal; ``shared`` the share of the test that was in
    training, before and after.
    """
    n_test, rng = settings.test, stream(seed, "leak")
    sizes = settings.leak.train, 0, n_test
    corpus = corpus_of(settings, sizes, seed)
    leaked = np.zeros(n_test, dtype=bool)
    leaked[rng.permutation(n_test)[: round(settings.leak.share * n_test)]] = True
    copies = [
        Example(respelled(text, rng), label)
        for (text, label), inside in zip(corpus.test, leaked, strict=True)
        if inside
    ]
    dirty = [*corpus.train, *copies]
    shared = shared_texts(dirty, corpus.test)
    honest = [example for example in dirty if text_key(example.text) not in shared]
    require_disjoint(train=honest, test=corpus.test)
    groups = {"all": np.ones(n_test, dtype=bool), "leaked": leaked, "others": ~leaked}
    left = shared_texts(honest, corpus.test)
    numbers = {"shared": np.array([len(shared) / n_test, len(left) / n_test])}
    for name, fit in fits.items():
        numbers[f"leaked_{name}"] = np.array(accuracies(fit, dirty, corpus.test, groups))
        numbers[f"honest_{name}"] = np.array(accuracies(fit, honest, corpus.test, groups))
    return numbers


def measure(
    settings: Settings, seed: int, *, fits: Mapping[str, Learner] | None = None
) -> dict[str, np.ndarray]:
    """Everything for one seed.

    Guide: 1.1, 9.3.2 (G5, G42).
    """
    models = fits_of(settings.learners, seed=seed) if fits is None else fits
    return {**measure_flaws(settings, seed, models), **measure_leak(settings, seed, models)}


def corpus_of(settings: Settings, sizes: tuple[int, int, int], seed: int) -> Corpus:
    """The corpus of a seed, in the sizes of train, dev and test."""
    return load_corpus(
        settings.corpus,
        settings.language,
        seed=seed,
        sizes=sizes,
        single_clauses=settings.single_clauses,
    )


STUDY = Study(
    name="cleaning",
    question="What do cleaning and a label filter find, and what is it worth?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.12,
)
