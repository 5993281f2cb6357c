"""What every classifier promises, and how right one is: the same question to all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from minillm.tasks.decision import Decision, best_threshold, decide
from minillm.tasks.metrics import (
    PrecisionRecall,
    accuracy,
    average_precision,
    confusion_matrix,
    macro_f1,
    precision_recall,
)
from minillm.text import Example, Labels


class Classifier(Protocol):
    """Texts in, probabilities of its labels out: a model, a baseline, anything that is compared."""

    @property
    def labels(self) -> Labels:
        """The classes, in the order of the probabilities."""

    def predict_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """The probability of every label for every text, (N, C)."""


@dataclass(frozen=True)
class Scores:
    """What a classifier said of labelled texts, from which every score follows.

    Shapes: ``true (N,)`` are class numbers, ``probabilities (N, C)``.  Without a ``decision`` the
    most probable label of a text is the one that is said.
    """

    labels: Labels
    true: np.ndarray
    probabilities: np.ndarray
    decision: Decision | None = None

    @property
    def predicted(self) -> np.ndarray:
        """The class that is said of every text, (N,); of equally probable ones the first."""
        return decide(self.decision, self.probabilities, self.labels)

    @property
    def accuracy(self) -> float:
        """The share of texts of which their label is said."""
        return accuracy(self.predicted, self.true)

    @property
    def macro_f1(self) -> float:
        """The mean of the labels' F1 scores."""
        return macro_f1(self.predicted, self.true, len(self.labels))

    @property
    def confusion(self) -> np.ndarray:
        """How often label ``row`` was called label ``column``, (C, C)."""
        return confusion_matrix(self.predicted, self.true, len(self.labels))

    def of(self, label: str) -> PrecisionRecall:
        """Precision, recall and F1 of one label.

        Raises:
            ValueError: it is not one of the labels.
        """
        return precision_recall(self.predicted, self.true, int(self.labels.encode([label])[0]))

    def average_precision(self, label: str) -> float:
        """The average precision of one label's probability.

        Raises:
            ValueError: it is not one of the labels, or no text has it.
        """
        number = int(self.labels.encode([label])[0])
        return average_precision(self.probabilities[:, number], self.true == number)

    def best_decision(self, label: str) -> Decision:
        """The threshold with the best F1 of a label on these texts: see ``best_threshold``.

        Raises:
            ValueError: it is not one of the labels, or no text has it.
        """
        number = int(self.labels.encode([label])[0])
        found = best_threshold(self.probabilities[:, number], self.true == number)
        return Decision(label, found)

    def among(self, chosen: np.ndarray) -> Scores:
        """The scores of some of the texts, by a mask (N,) or by their places."""
        return Scores(self.labels, self.true[chosen], self.probabilities[chosen], self.decision)


def evaluate(classifier: Classifier, examples: Sequence[Example]) -> Scores:
    """Ask a classifier about labelled texts; its ``decision``, if it has one, makes labels of them.

    Raises:
        ValueError: no examples, or a label that the classifier does not know; probabilities of
            another shape, or that are not finite.
    """
    if len(examples) == 0:
        raise ValueError("evaluate: at least one labelled text is needed, got none")
    true = classifier.labels.encode(example.label for example in examples)
    return Scores(
        classifier.labels,
        true,
        probabilities_of(classifier, [text for text, _ in examples]),
        getattr(classifier, "decision", None),
    )


def probabilities_of(classifier: Classifier, texts: Sequence[str]) -> np.ndarray:
    """``classifier.predict_probabilities``, once they are known to be what was promised.

    Raises:
        ValueError: they are of another shape, or not finite.
    """
    p = np.asarray(classifier.predict_probabilities(texts))
    wanted = len(texts), len(classifier.labels)
    if p.shape != wanted:
        raise ValueError(
            f"{type(classifier).__name__} gave probabilities {p.shape} for {wanted[0]} texts and "
            f"{wanted[1]} classes"
        )
    if not np.isfinite(p).all():
        raise ValueError(f"{type(classifier).__name__} gave probabilities that are not finite")
    return p
