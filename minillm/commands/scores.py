"""Scores in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.commands.tables import percent, table
from minillm.tasks import accuracy, average_precision, confusion_matrix, precision_recall
from minillm.text import Example, Labels


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


def score_line(
    labels: Labels, examples: Sequence[Example], probabilities: np.ndarray, positive: str
) -> str:
    """A table with one row, for one model."""
    if positive not in labels.name_to_id:
        raise ValueError(f"--positive {positive!r} is not one of {', '.join(labels.names)}")
    predicted = labels.decode(probabilities.argmax(axis=1))
    scores = probabilities[:, labels.name_to_id[positive]]
    true = [example.label for example in examples]
    return table(
        score_header(positive), [["model", *score_row(labels, true, predicted, scores, positive)]]
    )


def show_confusion(labels: Labels, examples: Sequence[Example], probabilities: np.ndarray) -> str:
    """True classes as rows, predicted ones as columns."""
    true = labels.encode(example.label for example in examples)
    counts = confusion_matrix(probabilities.argmax(axis=1), true, len(labels))
    rows = [
        [f"true {name}", *map(str, row)] for name, row in zip(labels.names, counts, strict=True)
    ]
    return table(["", *(f"called {name}" for name in labels.names)], rows)
