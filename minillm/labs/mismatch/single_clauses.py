"""What does a model make of single clauses if none of its training sentences is a plain one?

Without single clauses in the grammar the only sentences of one clause are denials, "not dull at
all".  A model may then take a missing second clause for a denial, and still be right on every
sentence of its own test: there, as in training, the two always come together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minillm.labs.study import Study
from minillm.labs.two_stages import (
    Sizes,
    Texts,
    TwoStages,
    accuracy_by_group,
    by_language,
    draw_texts,
)
from minillm.labs.worlds.kinds import tagged
from minillm.tasks import PIPELINE, Classifier, Recipe, evaluate
from minillm.text import Example, text_key
from minillm.text.corpora.samples import SAMPLES


@dataclass(frozen=True)
class Settings:
    """The languages, the sizes, the training; the columns of the results."""

    languages: tuple[str, ...] = ("en", "zh")
    sizes: Sizes = Sizes()
    recipe: Recipe = PIPELINE
    groups: tuple[str, ...] = (
        *("all", "plain", "order", "concession", "negation", "single", "plain single"),
    )
    models: tuple[str, ...] = ("bag of words", "bag of words and pairs", "BERT")
    own_groups: tuple[str, ...] = ("all", "plain", "order", "concession", "negation")


def unseen(corpus_test: Sequence[Example], trained_on: Texts) -> np.ndarray:
    """Which test sentences are not among the texts of a training, ``(N,)``."""
    seen = {text_key(text) for text in trained_on.extra}
    seen |= {text_key(text) for text, _ in trained_on.corpus.train}
    return np.array([text_key(text) not in seen for text, _ in corpus_test], dtype=bool)


def right(classifier: Classifier, examples: Sequence[Example]) -> np.ndarray:
    """1 for every example of which the classifier says the label, else 0."""
    scores = evaluate(classifier, examples)
    return (scores.predicted == scores.true).astype(float)


def measure_language(settings: Settings, language: str, seed: int) -> dict[str, np.ndarray]:
    """Accuracies of each model, trained with and without single clauses.

    On the test of the full grammar ``(G,)``, of which neither training has seen a sentence; on
    the ``own`` test of its grammar; on the ``samples`` that are in no corpus, one by one, and on
    what says the same within the grammar, ``known``.
    """
    worlds = {
        name: draw_texts("sentiment", language, settings.sizes, seed=seed, single_clauses=dial)
        for name, dial in (("without", False), ("with", True))
    }
    full = worlds["with"].corpus
    fresh = unseen(full.test, worlds["without"])
    test = [example for example, new in zip(full.test, fresh, strict=True) if new]
    tags = [tag for tag, new in zip(full.tags["test"], fresh, strict=True) if new]
    samples = SAMPLES["sentiment", language]
    numbers = {"tested": np.array(len(test))}
    for name, (corpus, extra) in worlds.items():
        stages = TwoStages(corpus.train, extra, settings.recipe, seed=seed)
        own = tagged(corpus.tags["test"], settings.own_groups)
        models = {**stages.baselines(corpus.dev), "BERT": stages.finetuned()}
        for model in settings.models:
            classifier = models[model]
            asked = {
                "": accuracy_by_group(classifier, test, tagged(tags, settings.groups)),
                ", own": accuracy_by_group(classifier, corpus.test, own),
                ", samples": right(classifier, [sample.example for sample in samples]),
                ", known": right(classifier, [sample.known_example for sample in samples]),
            }
            numbers |= {f"{model} {name}{what}": np.array(n) for what, n in asked.items()}
    return numbers


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """``measure_language`` for every language: "zh, BERT without, own" and so on."""
    return by_language(measure_language, settings, seed)


STUDY = Study(
    name="single_clauses",
    question="What does a model make of single clauses if training has none but denials?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.2,
)
