"""What every model is compared with: the most frequent class, and a bag of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.models.bag_of_words import BagOfWords
from minillm.tasks.decision import Decision
from minillm.tasks.encoding import require_texts
from minillm.text import Labels, Tokenizer


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
