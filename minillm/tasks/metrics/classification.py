"""Scores of a choice among classes: accuracy, confusion matrix, precision, recall, F1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.backend.ids import integer_array

Classes = Sequence[int] | np.ndarray  # class numbers, (N,); an array of booleans is 0 and 1


class PrecisionRecall(NamedTuple):
    """Scores of one class against the rest."""

    precision: float
    recall: float
    f1: float


def accuracy(predicted: Classes, true: Classes) -> float:
    """The share of predictions that are right.

    Raises:
        ValueError: no predictions, not as many as true classes, or a negative class.
        TypeError: classes that are not integers.
    Guide: 5.2.2 (G26).
    """
    predicted, true = paired(predicted, true)
    return float((predicted == true).mean())


def confusion_matrix(predicted: Classes, true: Classes, n_classes: int) -> np.ndarray:
    """How often class ``row`` was predicted as class ``column``, (C, C).

    Raises:
        ValueError: as ``accuracy``; or a class that is not one of ``0 .. n_classes - 1``.
        TypeError: as ``accuracy``.
    Guide: 6.1 (G35).
    """
    predicted, true = paired(predicted, true, n_classes)
    n_classes = int(n_classes)  # a small kind of integer would overflow
    counts = np.bincount(true * n_classes + predicted, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


def precision_recall(predicted: Classes, true: Classes, positive: int) -> PrecisionRecall:
    """Of what was called positive, how much is; of what is positive, how much was found::

        precision = TP / (TP + FP),   recall = TP / (TP + FN),   F1 = 2 TP / (2 TP + FP + FN)

    A score whose denominator is 0 is 0: of a class that is nowhere, nothing was found.

    Raises:
        ValueError: as ``accuracy``; or ``positive`` is negative.
        TypeError: as ``accuracy``; or ``positive`` is not a class number.
    Guide: 6.1 (G36).
    """
    predicted, true = paired(predicted, true)
    (positive,) = class_numbers("positive", [positive])
    hits = int(((predicted == positive) & (true == positive)).sum())
    called, there = int((predicted == positive).sum()), int((true == positive).sum())
    return PrecisionRecall(
        hits / called if called else 0.0,
        hits / there if there else 0.0,
        2 * hits / (called + there) if called + there else 0.0,
    )


def macro_f1(predicted: Classes, true: Classes, n_classes: int) -> float:
    """The mean of the classes' F1 scores: a rare class counts as much as a frequent one.

    It is the mean over all classes of the task, whether they occur or not, so that scores on
    different data compare; a class that occurs neither among the predictions nor among the
    true ones counts as 0, and where one is missing even right answers stay below 1.

    Raises:
        ValueError, TypeError: as ``confusion_matrix``.
    Guide: 6.1 (G35).
    """
    predicted, true = paired(predicted, true, n_classes)
    return float(np.mean([precision_recall(predicted, true, c).f1 for c in range(n_classes)]))


def paired(
    predicted: Classes, true: Classes, n_classes: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays of class numbers and of one length.

    Raises:
        ValueError: they are empty, not one-dimensional, or differ in length; ``n_classes`` is
            below 1; a class is out of range.
        TypeError: classes or ``n_classes`` that are not integers.
    """
    if not isinstance(n_classes, int | np.integer | None):
        raise TypeError(f"n_classes must be a whole number, got {n_classes!r}")
    if n_classes is not None and n_classes < 1:
        raise ValueError(f"n_classes must be at least 1, got {n_classes}")
    p = class_numbers("predicted class", predicted, n_classes)
    t = class_numbers("true class", true, n_classes)
    if p.shape != t.shape or p.ndim != 1 or not p.size:
        raise ValueError(
            f"{p.shape} predictions for {t.shape} true classes; needs two rows of equal length, "
            "not empty"
        )
    return p, t


def class_numbers(name: str, classes: Classes, n_classes: int | None = None) -> np.ndarray:
    """The classes as 64-bit integers, in which no product of two of them overflows.

    Raises:
        ValueError: a class that is negative or not below ``n_classes``, with its place.
        TypeError: something other than integers, or an array of booleans.
    """
    if isinstance(classes, np.ndarray) and classes.dtype == bool:
        classes = classes.astype(np.int64)
    array = integer_array(classes, name=name)
    wrong = (array < 0) | (array >= n_classes if n_classes is not None else False)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        known = "0 and up" if n_classes is None else f"0 to {n_classes - 1}"
        shown = place[0] if len(place) == 1 else place
        raise ValueError(f"{name} {array[place]} at place {shown} is not one of {known}")
    return array.astype(np.int64)
