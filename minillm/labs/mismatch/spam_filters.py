"""Filters of unwanted messages, each tuned on dev: bags of words and of letters, small BERTs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from minillm.models.bag_of_words import tune_bag_of_words
from minillm.tasks import Classifier, ClassifierTraining, Decision, Recipe, TextClassifier, evaluate
from minillm.tasks.baselines import BagOfWordsClassifier
from minillm.text import CharacterTokenizer, Example, Tokenizer, WordTokenizer


@dataclass(frozen=True)
class Filters:
    """The models: penalties to choose from for bags, the longest run of letters, the BERTs.

    A BERT sees ``recipe.finetune_epochs`` passes over the messages as they are, and as many
    updates where there are more of them.  Its learning rate was chosen on the dev of seed 100,
    among 0.001 and 0.003; the penalty of a bag is chosen on the dev of each seed.
    """

    penalties: tuple[float, ...] = (0.01, 0.003, 0.001, 0.0003)
    letters: int = 3
    tokenizers: tuple[str, ...] = ("word", "wordpiece:600")
    recipe: Recipe = Recipe(max_length=64, min_count=2, pretrain_epochs=0)


class Filter(NamedTuple):
    """A classifier, and the threshold from which on it says "spam", chosen on dev."""

    classifier: Classifier
    decision: Decision

    def probability(self, texts: Sequence[str]) -> np.ndarray:
        """That of spam for each text, ``(N,)``."""
        number = int(self.classifier.labels.encode([self.decision.positive])[0])
        return np.asarray(self.classifier.predict_probabilities(texts)[:, number])

    def says(self, texts: Sequence[str]) -> np.ndarray:
        """Whether each text is called spam, ``(N,)``."""
        return self.probability(texts) >= self.decision.threshold


def bag(
    train: Sequence[Example], dev: Sequence[Example], tokenizer: Tokenizer, ngrams: int,
    penalties: Sequence[float],
) -> BagOfWordsClassifier:  # fmt: skip
    """A bag of tokens and of runs of them, with the penalty that is best on dev."""

    def columns(examples: Sequence[Example]) -> tuple[list[list[str]], list[str]]:
        return [tokenizer.tokenize(text) for text, _ in examples], [label for _, label in examples]

    model, _ = tune_bag_of_words(columns(train), columns(dev), ngrams=ngrams, penalties=penalties)
    return BagOfWordsClassifier(model, tokenizer)


def bert(train: Sequence[Example], recipe: Recipe) -> TextClassifier:
    """A BERT trained from random weights; or pretrained on the same messages."""
    training = ClassifierTraining(recipe, train)
    for stage in (training.pretrain(), training.finetune()):
        for _ in stage:
            pass
    return training.result()


def learn_filters(
    settings: Filters,
    train: Sequence[Example],
    dev: Sequence[Example],
    positive: str,
    *,
    copies: int,
    seed: int,
) -> dict[str, Filter]:
    """Every filter by name; ``train`` has ``copies`` of each message beside it."""
    recipe = replace(
        settings.recipe, seed=seed, finetune_epochs=settings.recipe.finetune_epochs / (1 + copies)
    )
    learned: dict[str, Classifier] = {
        "bag of words": bag(train, dev, WordTokenizer(), 1, settings.penalties),
        "bag of letters": bag(
            train, dev, CharacterTokenizer(), settings.letters, settings.penalties
        ),
    }
    for tokenizer in settings.tokenizers:
        name = f"BERT, {tokenizer.partition(':')[0]}"
        learned[name] = bert(train, replace(recipe, tokenizer=tokenizer))
    return {
        name: Filter(classifier, evaluate(classifier, dev).best_decision(positive))
        for name, classifier in learned.items()
    }


def n_parameters(classifier: Classifier) -> int:
    """How many numbers a filter has learned."""
    if isinstance(classifier, TextClassifier):
        return sum(parameter.data.size for parameter in classifier.model.parameters())
    if isinstance(classifier, BagOfWordsClassifier):
        return classifier.model.weights.size + classifier.model.bias.size
    raise TypeError(f"n_parameters: a BERT or a bag is needed, got {type(classifier).__name__}")
