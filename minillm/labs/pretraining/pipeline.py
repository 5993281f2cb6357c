"""What does the pipeline reach on corpora that are drawn anew?

The guide's pipeline, on reviews and on news in two languages.  Every seed draws its own corpora,
initial weights and hidden words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.labs.study import Study
from minillm.labs.two_stages import Sizes, Texts, TwoStages, accuracy_by_group, draw_texts
from minillm.labs.worlds.kinds import tagged
from minillm.tasks import PIPELINE, Recipe


@dataclass(frozen=True)
class Settings:
    """The corpora, their sizes, the training; the columns of the results."""

    corpora: tuple[str, ...] = ("sentiment", "topics")
    languages: tuple[str, ...] = ("en", "zh")
    sizes: Sizes = Sizes()
    recipe: Recipe = PIPELINE
    groups: tuple[str, ...] = (
        *("all", "plain", "order", "concession", "negation", "single", "mention"),
    )


def measure_corpus(settings: Settings, texts: Texts, seed: int) -> dict[str, np.ndarray]:
    """Accuracy ``(G,)`` of every model in the groups that the corpus has; nats of a hidden word.

    ``nats`` are those of a guess by uniform chances, by frequencies, by the counts of both
    neighbours, and by BERT.
    """
    corpus, extra = texts
    stages = TwoStages(corpus.train, extra, settings.recipe, seed=seed)
    models = {
        **stages.baselines(corpus.dev),
        "BERT, head alone": stages.finetuned(head_only=True),
        "BERT, fine-tuned": stages.finetuned(),
    }
    groups = tagged(corpus.tags["test"], settings.groups)
    hidden = stages.masked_scores(corpus.dev)
    found = {
        name: np.array(accuracy_by_group(model, corpus.test, groups))
        for name, model in models.items()
    }
    nats = [hidden.uniform, hidden.unigram, hidden.neighbours, hidden.model]
    return {**found, "nats": np.array(nats)}


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """``measure_corpus`` for every corpus in every language: "sentiment en, nats" and so on."""
    numbers: dict[str, np.ndarray] = {}
    for name in settings.corpora:
        for language in settings.languages:
            texts = draw_texts(name, language, settings.sizes, seed=seed)
            found = measure_corpus(settings, texts, seed)
            numbers |= {f"{name} {language}, {key}": value for key, value in found.items()}
    return numbers


STUDY = Study(
    name="pipeline",
    question="What does the pipeline reach on corpora that are drawn anew?",
    settings=Settings(),
    measure=measure,
    seeds=range(4),
    tolerance=0.12,
)
