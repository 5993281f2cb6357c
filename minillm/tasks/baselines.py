"""What every model is compared with: the most frequent class, and a bag of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minillm.models.bag_of_words import BagOfWords, tune_bag_of_words
from minillm.tasks.decision import Decision
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.evaluation import Classifier, evaluate
from minillm.text import Example, Labels, Tokenizer
from minillm.text.cleaning import require_texts

BAGS = ("bag of words", "bag of words and pairs")  # of one token, and of two in a row as well


class MajorityClassifier:
    """Says the same of every text: the most frequent label of training."""

    def __init__(self, labels: Labels, majority: str):
        self.labels = labels
        self.number = int(labels.encode([majority])[0])

    def predict_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """1 for the label that was most frequent, else 0, (N, C)."""
        require_texts(texts)
        return np.tile(np.eye(len(self.labels))[self.number], (len(texts), 1))


class BagOfWordsClassifier:
    """A bag of words with the tokeniser that makes words of a text."""

    def __init__(self, model: BagOfWords, tokenizer: Tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self.labels = Labels(model.classes)
        self.decision = None if model.threshold is None else Decision(*model.threshold)

    def predict_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """The probability of every label for every text, (N, C)."""
        require_texts(texts)
        return self.model.predict_probabilities([self.tokenizer.tokenize(text) for text in texts])


def fit_baselines(
    train: Sequence[Example],
    dev: Sequence[Example],
    encoder: TextEncoder,
    *,
    positive: str | None = None,
) -> dict[str, BagOfWords]:
    """Bags of words, and of words and pairs of neighbours; their penalty is chosen on ``dev``.

    So is the threshold of ``positive``, where one is to be chosen.
    """

    def columns(examples: Sequence[Example]) -> tuple[list[list[str]], list[str]]:
        texts, labels = zip(*examples, strict=True)
        return encoder.tokenize(texts), list(labels)

    learned, examined = columns(train), columns(dev)
    bags = {
        name: tune_bag_of_words(learned, examined, ngrams=ngrams)[0]
        for ngrams, name in enumerate(BAGS, start=1)
    }
    for bag in bags.values():
        decision = tuned(BagOfWordsClassifier(bag, encoder.tokenizer), dev, positive)
        bag.threshold = (decision.positive, decision.threshold) if decision else None
    return bags


def tuned(classifier: Classifier, dev: Sequence[Example], positive: str | None) -> Decision | None:
    """The decision with the best F1 of ``positive`` on ``dev``, if there is one to be found."""
    if positive is None or all(label != positive for _, label in dev):
        return None
    return evaluate(classifier, dev).best_decision(positive)


def as_classifiers(bags: Mapping[str, BagOfWords], tokenizer: Tokenizer) -> dict[str, Classifier]:
    """The majority class and each bag of words, in the order of a table; none without bags."""
    found: dict[str, Classifier] = {}
    for name, bag in bags.items():
        found.setdefault("majority", MajorityClassifier(Labels(bag.classes), bag.majority))
        found[name] = BagOfWordsClassifier(bag, tokenizer)
    return found
