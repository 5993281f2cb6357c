"""What several studies train: a BERT that is pretrained once, and fine-tuned as often as wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from minillm.tasks import (
    Classifier,
    ClassifierTraining,
    MaskedScores,
    Recipe,
    TextClassifier,
    as_classifiers,
    evaluate,
    fit_baselines,
)
from minillm.text import Example
from minillm.text.corpora import Corpus, load_corpus, unlabelled


@dataclass(frozen=True)
class Sizes:
    """How many sentences are drawn for what; ``extra`` ones are pretrained on, without labels."""

    train: int = 4000
    dev: int = 500
    test: int = 1000
    extra: int = 4000


class Texts(NamedTuple):
    """A corpus, and sentences without labels."""

    corpus: Corpus
    extra: list[str]


def draw_texts(
    name: str, language: str, sizes: Sizes, *, seed: int, single_clauses: bool = True
) -> Texts:
    """The corpus of a seed, and its sentences without labels."""
    drawn = sizes.train, sizes.dev, sizes.test
    corpus = load_corpus(name, language, seed=seed, sizes=drawn, single_clauses=single_clauses)
    extra = unlabelled(name, language, seed=seed, size=sizes.extra, single_clauses=single_clauses)
    return Texts(corpus, extra)


def by_turns(examples: Sequence[Example]) -> list[Example]:
    """One example of each label after the other, so that the first n have all labels alike."""
    seen: Counter[str] = Counter()
    rounds = []
    for example in examples:
        rounds.append((seen[example.label], example.label))
        seen[example.label] += 1
    return [examples[i] for i in sorted(range(len(examples)), key=rounds.__getitem__)]


class TwoStages:
    """A BERT pretrained on labelled and other texts; it stays as it is, copies are fine-tuned."""

    def __init__(
        self, examples: Sequence[Example], extra: Sequence[str], recipe: Recipe, *, seed: int
    ):
        self.examples, self.extra = examples, extra
        self.training = ClassifierTraining(replace(recipe, seed=seed), examples, extra)
        for _ in self.training.pretrain():
            pass

    def finetuned(
        self, *, pretrained: bool = True, labels: int | None = None, **changes: Any
    ) -> TextClassifier:
        """A copy, fine-tuned under the recipe with ``changes``; or one from random weights.

        It learns the first ``labels`` examples; those behind them are texts without labels.
        """
        recipe = replace(self.training.recipe, pretrain_epochs=0, **changes)
        labelled = self.examples[:labels]
        others = [text for text, _ in self.examples[len(labelled) :]]
        training = ClassifierTraining(recipe, labelled, [*others, *self.extra])
        if pretrained:
            training.model.load_state_dict(self.training.model.state_dict())
        for _ in training.finetune():
            pass
        return training.result()

    def baselines(
        self, dev: Sequence[Example], *, labels: int | None = None
    ) -> dict[str, Classifier]:
        """The majority class and bags of words of the first ``labels``, tuned on ``dev``."""
        encoder = self.training.encoder
        fitted = fit_baselines(self.examples[:labels], dev, encoder)
        return as_classifiers(fitted, encoder.tokenizer)

    def masked_scores(self, held_out: Sequence[Example]) -> MaskedScores:
        """What a hidden word of other sentences costs, in nats."""
        return self.training.masked_scores([text for text, _ in held_out])


def by_language(
    measure_language: Callable[[Any, str, int], Mapping[str, np.ndarray]], settings: Any, seed: int
) -> dict[str, np.ndarray]:
    """The numbers of every language in the settings: "zh, accuracy" and so on."""
    return {
        f"{language}, {key}": value
        for language in settings.languages
        for key, value in measure_language(settings, language, seed).items()
    }


def accuracy_by_group(
    classifier: Classifier, examples: Sequence[Example], groups: Mapping[str, np.ndarray]
) -> list[float]:
    """The accuracy on each group of the examples, given by its mask ``(N,)``."""
    scores = evaluate(classifier, examples)
    return [scores.among(mask).accuracy for mask in groups.values()]


def best_on(dev: list[Example], classifiers: Iterable[Classifier]) -> Classifier:
    """The classifier with the highest accuracy on dev; the first of several."""
    return max(classifiers, key=lambda classifier: evaluate(classifier, dev).accuracy)
