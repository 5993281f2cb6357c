"""Scores of a classifier: accuracy, confusion matrix, precision, recall, F1, average precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class PrecisionRecall(NamedTuple):
    """Scores of one class against the rest."""

    precision: float
    recall: float
    f1: float


def accuracy(predicted: Sequence[int] | np.ndarray, true: Sequence[int] | np.ndarray) -> float:
    """The share of predictions that are right.

    Raises:
        ValueError: no predictions, or not as many as true classes.
    """
    predicted, true = paired(predicted, true)
    return float((predicted == true).mean())


def confusion_matrix(
    predicted: Sequence[int] | np.ndarray, true: Sequence[int] | np.ndarray, n_classes: int
) -> np.ndarray:
    """How often class ``row`` was predicted as class ``column``, (C, C).

    Raises:
        ValueError: as ``accuracy``.
    """
    predicted, true = paired(predicted, true)
    counts = np.bincount(true * n_classes + predicted, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


def precision_recall(
    predicted: Sequence[int] | np.ndarray, true: Sequence[int] | np.ndarray, positive: int
) -> PrecisionRecall:
    """Of what was called positive, how much is; of what is positive, how much was found.

        precision = TP / (TP + FP),   recall = TP / (TP + FN),   F1 = 2 TP / (2 TP + FP + FN)

    A score whose denominator is 0 is 0.

    Raises:
        ValueError: as ``accuracy``.
    """
    predicted, true = paired(predicted, true)
    hits = int(((predicted == positive) & (true == positive)).sum())
    called, there = int((predicted == positive).sum()), int((true == positive).sum())
    return PrecisionRecall(
        hits / called if called else 0.0,
        hits / there if there else 0.0,
        2 * hits / (called + there) if called + there else 0.0,
    )


def macro_f1(
    predicted: Sequence[int] | np.ndarray, true: Sequence[int] | np.ndarray, n_classes: int
) -> float:
    """The mean of the classes' F1 scores: a rare class counts as much as a frequent one."""
    return float(np.mean([precision_recall(predicted, true, c).f1 for c in range(n_classes)]))


def average_precision(scores: np.ndarray, positive: np.ndarray) -> float:
    """The area under the precision-recall curve, as a sum of steps.

        AP = sum_k (R_k - R_{k-1}) P_k     over the thresholds, from the highest score down

    Equal scores share one threshold.  A random ranking has the share of positives.

    Raises:
        ValueError: the lengths differ, or nothing is positive.
    Source: Davis & Goadrich 2006, "The Relationship Between Precision-Recall and ROC Curves",
        on why the curve must not be interpolated linearly.
    """
    scores, positive = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    if scores.shape != positive.shape or not positive.any():
        raise ValueError(
            f"average_precision: {scores.shape} scores, {positive.shape} marks, "
            f"{int(positive.sum())} of them positive; needs equal lengths and a positive"
        )
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    last_of_threshold = np.append(np.diff(scores[order]) != 0, True)
    recall = hits[last_of_threshold] / positive.sum()
    precision = (hits / np.arange(1, len(hits) + 1))[last_of_threshold]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def paired(
    predicted: Sequence[int] | np.ndarray, true: Sequence[int] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays of one length.

    Raises:
        ValueError: they are empty or differ in length.
    """
    predicted, true = np.asarray(predicted), np.asarray(true)
    if predicted.shape != true.shape or not predicted.size:
        raise ValueError(f"{predicted.shape} predictions for {true.shape} true classes")
    return predicted, true
