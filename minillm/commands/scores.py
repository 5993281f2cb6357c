"""Scores in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minillm.commands.baselines import Answers, baseline_answers
from minillm.commands.tables import percent, table
from minillm.models.bag_of_words import BagOfWords
from minillm.tasks import (
    TextClassifier,
    accuracy,
    average_precision,
    confusion_matrix,
    precision_recall,
)
from minillm.text import Example, Labels


def positive_class(wanted: str | None, counts: Mapping[str, int]) -> str:
    """The class to find: the one that was asked for, else the rarest.

    Raises:
        ValueError: ``wanted`` is none of the classes.
    """
    if wanted is not None and wanted not in counts:
        raise ValueError(f"--positive {wanted!r} is not one of {', '.join(counts)}")
    return min(counts, key=lambda name: counts[name]) if wanted is None else wanted


def score_row(
    labels: Labels,
    true: Sequence[str],
    predicted: Sequence[str],
    scores: np.ndarray | None,
    positive: str,
) -> list[str]:
    """Accuracy; precision, recall and F1 of ``positive``; its average precision, if scored."""
    t, p = labels.encode(true), labels.encode(predicted)
    found = precision_recall(p, t, labels.name_to_id[positive])
    row = [percent(accuracy(p, t)), *(f"{value:.3f}" for value in found)]
    marks = t == labels.name_to_id[positive]
    if scores is None or not marks.any():
        return [*row, "-"]
    return [*row, f"{average_precision(scores, marks):.3f}"]


def score_header(positive: str) -> list[str]:
    """The columns of ``score_row``."""
    return ["", "accuracy", f"precision of {positive!r}", "recall", "F1", "PR-AUC"]


def score_table(
    classifier: TextClassifier,
    baselines: Mapping[str, BagOfWords],
    examples: Sequence[Example],
    probabilities: np.ndarray,
    positive: str,
) -> str:
    """The model, by its probabilities, beside its baselines on some labelled texts."""
    texts, true = [example.text for example in examples], [example.label for example in examples]
    p, labels = probabilities, classifier.labels
    own = Answers(labels.decode(p.argmax(axis=1)), p[:, labels.name_to_id[positive]])
    answers: dict[str, Answers] = {}
    if baselines:
        answers = baseline_answers(baselines, texts, classifier.encoder, positive=positive)
    rows = [
        [name, *score_row(labels, true, said.labels, said.scores, positive)]
        for name, said in {**answers, "BERT": own}.items()
    ]
    return table(score_header(positive), rows)


def show_confusion(labels: Labels, examples: Sequence[Example], probabilities: np.ndarray) -> str:
    """True classes as rows, predicted ones as columns."""
    true = labels.encode(example.label for example in examples)
    counts = confusion_matrix(probabilities.argmax(axis=1), true, len(labels))
    rows = [
        [f"true {name}", *map(str, row)] for name, row in zip(labels.names, counts, strict=True)
    ]
    return table(["", *(f"called {name}" for name in labels.names)], rows)
