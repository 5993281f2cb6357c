"""What do accuracy and macro F1 say of news classifiers, and where do they part?

Four drawn corpora: news in English, in Chinese, in English with topics of very different
frequency, and in English with wrong labels in train and dev.  The test has no wrong label.  The
bags are tuned on dev in their penalty, BERT in its passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.labs.two_stages import TwoStages, best_on
from minillm.tasks import Recipe, evaluate
from minillm.text import Example
from minillm.text.corpora import load_corpus


@dataclass(frozen=True)
class News:
    """A corpus: its language, the shares of its topics (``None``: equal) and of wrong labels."""

    language: str = "en"
    shares: Mapping[str, float] | None = None
    wrong: float = 0.0


def unequal() -> dict[str, float]:
    """A frequent topic and a rare one."""
    return {"sport": 0.55, "economy": 0.25, "culture": 0.15, "science": 0.05}


@dataclass(frozen=True)
class Settings:
    """The corpora and their sizes, the training, the passes to choose from."""

    corpus: str = "topics"
    english: News = News()
    chinese: News = News(language="zh")
    unbalanced: News = field(default_factory=lambda: News(shares=unequal()))
    mislabelled: News = News(wrong=0.3)
    sizes: tuple[int, int, int] = (1000, 500, 1000)
    recipe: Recipe = Recipe(max_length=40, pretrain_epochs=0, finetune_epochs=0)
    passes: tuple[float, ...] = (4.0, 8.0)


def with_wrong_labels(
    examples: Sequence[Example], share: float, rng: np.random.Generator
) -> list[Example]:
    """The examples; a ``share`` of them, drawn at random, has one of the other labels."""
    labels = sorted({label for _, label in examples})
    wrong = set(rng.permutation(len(examples))[: round(share * len(examples))].tolist())
    found = []
    for number, (text, label) in enumerate(examples):
        others = [other for other in labels if other != label]
        changed = others[int(rng.integers(len(others)))] if number in wrong else label
        found.append(Example(text, changed))
    return found


def measure_news(settings: Settings, news: News, name: str, seed: int) -> dict[str, np.ndarray]:
    """Accuracy and macro F1 ``(2,)`` of the majority, the bags and BERT on the test."""
    corpus = load_corpus(
        settings.corpus, news.language, seed=seed, sizes=settings.sizes, shares=news.shares
    )
    rng = stream(seed, f"wrong labels of {name}")
    train, dev = (with_wrong_labels(part, news.wrong, rng) for part in (corpus.train, corpus.dev))
    stages = TwoStages(train, (), settings.recipe, seed=seed)
    models = stages.baselines(dev)
    models["BERT"] = best_on(dev, (stages.finetuned(finetune_epochs=n) for n in settings.passes))
    scores = {model: evaluate(classifier, corpus.test) for model, classifier in models.items()}
    return {model: np.array([found.accuracy, found.macro_f1]) for model, found in scores.items()}


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """``measure_news`` of every corpus: "english, BERT" and so on.

    Guide: 6.1 (G35).
    """
    corpora = {
        "english": settings.english,
        "chinese": settings.chinese,
        "unbalanced": settings.unbalanced,
        "mislabelled": settings.mislabelled,
    }
    return {
        f"{name}, {model}": scores
        for name, news in corpora.items()
        for model, scores in measure_news(settings, news, name, seed).items()
    }


STUDY = Study(
    name="topics",
    question="What do accuracy and macro F1 say of news classifiers, and where do they part?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.05,
)
