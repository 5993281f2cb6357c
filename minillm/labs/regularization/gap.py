"""A small BERT learns 200 news items by heart: what do dropout and decay change on unseen ones?

Every seed has its own 200 items, initial weights and order.  Dropout and decay are swept one at
a time; accuracy is measured on the training items, on 500 to choose by (dev) and on 1000 to
report (test).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from minillm.labs.learners import SmallBert, bert_fit
from minillm.labs.study import Study
from minillm.tasks import accuracy
from minillm.text import Labels
from minillm.text.corpora import Corpus, load_corpus


@dataclass(frozen=True)
class Settings:
    """The news, the training without either remedy, and what is swept; both begin with none."""

    corpus: str = "topics"
    language: str = "en"
    items: int = 200
    bert: SmallBert = SmallBert(
        max_length=40, batch_size=32, updates=280, learning_rate=1e-3, weight_decay=0.0
    )
    dropouts: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.5)
    decays: tuple[float, ...] = (0.0, 0.01, 1.0, 3.0, 10.0, 30.0)


@cache
def news(name: str, language: str) -> Corpus:
    """The corpus, read once."""
    return load_corpus(name, language)


def three_accuracies(settings: Settings, seed: int) -> np.ndarray:
    """Accuracy on train, dev and test, (3,), after learning the seed's own items.

    Raises:
        ValueError: the corpus has no items left for that seed.
    Guide: 1.4.2, 9.3.3 (G23, G24).
    """
    corpus, n = news(settings.corpus, settings.language), settings.items
    mine = corpus.train[seed * n : (seed + 1) * n]
    if len(mine) < n:
        raise ValueError(f"seed {seed} needs items up to {(seed + 1) * n} of the corpus")
    predict, classes = bert_fit(settings.bert, seed=seed)(mine), Labels(label for _, label in mine)
    found = []
    for part in (mine, corpus.dev, corpus.test):
        best = predict([text for text, _ in part]).argmax(axis=1)
        found.append(accuracy(best, classes.encode(label for _, label in part)))
    return np.array(found)


def with_dropout(settings: Settings, rate: float) -> Settings:
    """The same training under dropout."""
    return replace(settings, bert=replace(settings.bert, dropout=rate))


def with_decay(settings: Settings, decay: float) -> Settings:
    """The same training under weight decay."""
    return replace(settings, bert=replace(settings.bert, weight_decay=decay))


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """Accuracies at every rate of dropout, and at every decay, (rates, 3) each.

    One training is not repeated: without either.
    """
    sweeps = {
        "dropout": [with_dropout(settings, rate) for rate in settings.dropouts],
        "decay": [with_decay(settings, decay) for decay in settings.decays],
    }
    known = {one: three_accuracies(one, seed) for one in {o: o for s in sweeps.values() for o in s}}
    return {name: np.array([known[one] for one in ones]) for name, ones in sweeps.items()}


def chosen_by_dev(scores: np.ndarray) -> np.ndarray:
    """Dev and test accuracy of each seed's best setting on dev, and which it is, (N, 3).

    Shapes: ``scores (N, settings, 3)``.  Of equals the first, and so the weakest, is taken.
    """
    best = scores[:, :, 1].argmax(axis=1)
    seeds = np.arange(len(scores))
    return np.stack([scores[seeds, best, 1], scores[seeds, best, 2], best], axis=1)


STUDY = Study(
    name="gap",
    question="How do dropout and weight decay change accuracy on items that were not trained on?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.06,
)
