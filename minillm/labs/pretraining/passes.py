"""How long to pretrain: what more passes do to hidden words, to opposites, and to fine-tuning.

Masked language modelling asks which word fits, and "gripping" and "dull" fit the same places.
The better it learns that, the nearer it moves their vectors, which fine-tuning has to part again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from minillm.labs.study import Study
from minillm.labs.two_stages import Sizes, TwoStages, accuracy_by_group, by_language, draw_texts
from minillm.labs.worlds.kinds import tagged
from minillm.tasks import PIPELINE, ClassifierTraining, Recipe


@dataclass(frozen=True)
class Settings:
    """The reviews, the passes of pretraining, the training; pairs of opposites, good and bad."""

    languages: tuple[str, ...] = ("en", "zh")
    sizes: Sizes = Sizes()
    recipe: Recipe = replace(PIPELINE, pretrain_epochs=0)  # see passes
    passes: tuple[float, ...] = (0.0, 6.0, 12.0)
    groups: tuple[str, ...] = ("all", "plain", "order", "concession", "negation", "single")
    opposites: tuple[str, ...] = (  # of the English reviews
        *("gripping/dull", "original/predictable", "clear/confusing", "convincing/wooden"),
        *("lively/flat", "witty/tedious", "natural/clumsy", "moving/silly"),
        *("memorable/forgettable", "delicious/bland", "fresh/stale", "friendly/rude"),
        *("clean/dirty", "quiet/noisy", "spacious/cramped", "patient/grumpy"),
    )


def mean_cosines(training: ClassifierTraining, pairs: Sequence[str]) -> tuple[float, float]:
    """Mean cosine of the vectors of opposites, and of the good with other pairs' bad adjectives.

    The mean of the table is taken off first: a direction that all words share says nothing.
    """
    numbers = training.encoder.vocabulary.token_to_id
    table = training.model.classifier.bert.tokens.weight.data
    table = table - table.mean(axis=0)
    table = table / np.linalg.norm(table, axis=1, keepdims=True)
    good, bad = zip(*(pair.split("/") for pair in pairs), strict=True)
    between = table[[numbers[word] for word in good]] @ table[[numbers[word] for word in bad]].T
    unlike = between[~np.eye(len(pairs), dtype=bool)]
    return float(np.diag(between).mean()), float(unlike.mean())


def measure_language(settings: Settings, language: str, seed: int) -> dict[str, np.ndarray]:
    """By passes: accuracy ``(P, G)`` after fine-tuning; before it, nats ``(P, 2)`` and cosines.

    ``nats`` is what a hidden word costs BERT, and the counts of both neighbours; ``cosines
    (P, 2)`` are those of opposites and of others, in English.
    """
    corpus, extra = draw_texts("sentiment", language, settings.sizes, seed=seed)
    groups = tagged(corpus.tags["test"], settings.groups)
    found: dict[str, list[Sequence[float]]] = {"accuracy": [], "nats": []}
    for passes in settings.passes:
        recipe = replace(settings.recipe, pretrain_epochs=passes)
        stages = TwoStages(corpus.train, extra, recipe, seed=seed)
        hidden = stages.masked_scores(corpus.dev)
        found["nats"].append((hidden.model, hidden.neighbours))
        found["accuracy"].append(accuracy_by_group(stages.finetuned(), corpus.test, groups))
        if language == "en":
            cosines = mean_cosines(stages.training, settings.opposites)
            found.setdefault("cosines", []).append(cosines)
    return {key: np.array(rows) for key, rows in found.items()}


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """``measure_language`` for every language: "en, accuracy" and so on."""
    return by_language(measure_language, settings, seed)


STUDY = Study(
    name="passes",
    question="What do more passes of pretraining do to opposites, and to fine-tuning?",
    settings=Settings(),
    measure=measure,
    seeds=range(4),
    tolerance=0.2,
)
