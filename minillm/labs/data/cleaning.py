"""What does cleaning find, what does it miss, and what is it worth in test accuracy?

Flaws are put into the training data at known rates.  ``clean`` repairs spelling and drops useless
lines and contradictions; a filter then drops labels that are improbable out of fold.  Apart from
these, test sentences are put into the training data, to see how much they flatter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minillm.backend import stream
from minillm.labs.data import classifiers
from minillm.labs.data.classifiers import KINDS, accuracies, both_fits, groups_of
from minillm.labs.data.flaws import (
    FLAWS,
    RATES,
    Item,
    cleaned,
    is_bad,
    precision,
    recall,
    respelled,
    spoil,
)
from minillm.labs.study import Study
from minillm.tasks import label_probabilities
from minillm.tasks.label_filter import Learner
from minillm.text import Example, normalize, require_disjoint, shared_texts, text_key
from minillm.text.corpora import load_corpus

TRAIN, TEST = 2000, 1000
FOLDS, THRESHOLD = 5, 0.3
LEAK_TRAIN, LEAKED = 1000, 0.3  # of the test sentences
CONDITIONS = (
    "flawless",
    "flawed",
    "cleaned",
    "cleaned, bag filter",
    "cleaned, BERT filter",
    "all bad dropped",  # what a perfect filter would leave
)


def without_doubtful(
    items: Sequence[Item], fit: Learner, *, rng: np.random.Generator
) -> tuple[list[Item], list[Item]]:
    """Items whose label has a probability of ``THRESHOLD`` or more out of fold, and the others."""
    own = label_probabilities([item.example for item in items], fit, folds=FOLDS, rng=rng)
    kept = [item for item, p in zip(items, own, strict=True) if p >= THRESHOLD]
    return kept, [item for item, p in zip(items, own, strict=True) if p < THRESHOLD]


def audit(items: Sequence[Item], dropped: Sequence[Item]) -> list[float]:
    """Precision; recall of each flaw; recall of wrong labels in plain sentences and by order."""
    of_flaws = [recall(items, dropped, flaw) for flaw in FLAWS if flaw != "spelling"]
    by_kind = [recall(items, dropped, "wrong label", kind) for kind in ("plain", "order")]
    return [precision(dropped), *of_flaws, *by_kind]


def examples_of(items: Sequence[Item]) -> list[Example]:
    """The items' examples."""
    return [item.example for item in items]


def measure_flaws(
    seed: int, fits: Mapping[str, Learner], *, n_train: int, n_test: int
) -> dict[str, np.ndarray]:
    """Accuracies ``(C, K)`` of both models, and what was found, as ``audit``."""
    corpus = load_corpus("sentiment", "en", seed=seed, sizes=(n_train, 0, n_test))
    items = spoil(corpus.train, corpus.tags["train"], RATES, stream(seed, "flaws"))
    tidy, untidy = cleaned(items)
    sets = [corpus.train, examples_of(items), examples_of(tidy)]
    spelled = [item for item in tidy if item.flaw == "spelling"]
    originals = {text for text, _ in corpus.train}
    repaired = [normalize(item.example.text) in originals for item in spelled]
    n_spelled = sum(item.flaw == "spelling" for item in items)
    numbers = {
        "clean": np.array(audit(items, untidy)),
        "repaired": np.array(sum(repaired) / n_spelled),
    }
    for name, fit in fits.items():
        kept, doubtful = without_doubtful(tidy, fit, rng=stream(seed, "folds"))
        sets.append(examples_of(kept))
        numbers[f"filter_{name}"] = np.array(
            [precision(doubtful), *audit_after(tidy, doubtful)],
        )
    sets.append(examples_of([item for item in tidy if not is_bad(item)]))
    groups = groups_of(corpus.tags["test"])
    for name, fit in fits.items():
        rows = [accuracies(fit, train, corpus.test, groups) for train in sets]
        numbers[name] = np.array(rows)
    return numbers


def audit_after(tidy: Sequence[Item], doubtful: Sequence[Item]) -> list[float]:
    """Recall of what ``clean`` cannot see: wrong labels (all, plain, order), reworded twins."""
    wrong = [recall(tidy, doubtful, "wrong label", kind) for kind in ("", "plain", "order")]
    return [*wrong, recall(tidy, doubtful, "reworded twin")]


def measure_leak(
    seed: int, fits: Mapping[str, Learner], *, n_train: int, n_test: int
) -> dict[str, np.ndarray]:
    """Accuracy ``(3,)`` with test sentences in training, on all, those leaked, and the others.

    ``honest_*`` is the same after their removal; ``shared`` the share of the test that was in
    training, before and after.
    """
    corpus = load_corpus("sentiment", "en", seed=seed, sizes=(n_train, 0, n_test))
    rng = stream(seed, "leak")
    leaked = np.zeros(n_test, dtype=bool)
    leaked[rng.permutation(n_test)[: round(LEAKED * n_test)]] = True
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
    seed: int,
    *,
    n_train: int = TRAIN,
    n_test: int = TEST,
    leak_train: int = LEAK_TRAIN,
    fits: Mapping[str, Learner] | None = None,
) -> dict[str, np.ndarray]:
    """Everything for one seed."""
    models = both_fits(seed) if fits is None else fits
    return {
        **measure_flaws(seed, models, n_train=n_train, n_test=n_test),
        **measure_leak(seed, models, n_train=leak_train, n_test=n_test),
    }


STUDY = Study(
    name="cleaning",
    question="What do cleaning and a label filter find, and what is it worth?",
    settings={
        "corpus": "sentiment, English",
        "train": TRAIN,
        "test": TEST,
        "rates": RATES,
        "conditions": list(CONDITIONS),
        "found": ["precision", *(f for f in FLAWS if f != "spelling"), "plain", "order"],
        "filtered": ["precision", "wrong label", "plain", "order", "reworded twin"],
        "folds": FOLDS,
        "threshold": THRESHOLD,
        "leak": {"train": LEAK_TRAIN, "share of test": LEAKED},
        "kinds": list(KINDS),
        **classifiers.SETTINGS,
    },
    measure=measure,
    seeds=(0, 1, 2, 3, 4),
    tolerance=0.12,
)
