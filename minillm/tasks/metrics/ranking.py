"""Scores of a ranking: is what is positive above what is not?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def average_precision(
    scores: Sequence[float] | np.ndarray, positive: Sequence[bool] | np.ndarray
) -> float:
    """The area under the precision-recall curve, as a sum of steps::

        AP = sum_k (R_k - R_{k-1}) P_k     over the thresholds, from the highest score down

    Equal scores share one threshold.  A random ranking has the share of positives.  Scores may
    be infinite: what is certain comes first or last.

    Raises:
        ValueError: the lengths differ, or nothing is positive; a score that is NaN, or a mark
            that is neither 0 nor 1, with its place.
        TypeError: scores that are not real numbers; marks that are not booleans or integers.
    Source: Davis & Goadrich 2006, "The Relationship Between Precision-Recall and ROC Curves",
        on why the curve must not be interpolated linearly.
    Guide: 6.1 (G36).
    """
    ranked, marks = real_scores(scores), zeros_and_ones(positive)
    if ranked.shape != marks.shape or ranked.ndim != 1 or not marks.any():
        raise ValueError(
            f"average_precision: {ranked.shape} scores, {marks.shape} marks, "
            f"{int(marks.sum())} of them positive; needs two rows of equal length and a positive"
        )
    order = np.argsort(-ranked, kind="stable")
    ranked, hits = ranked[order], np.cumsum(marks[order])
    last_of_threshold = np.append(ranked[1:] != ranked[:-1], True)
    recall = hits[last_of_threshold] / marks.sum()
    precision = (hits / np.arange(1, len(hits) + 1))[last_of_threshold]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def real_scores(scores: Sequence[float] | np.ndarray) -> np.ndarray:
    """The scores as floats.

    Raises:
        ValueError: one is NaN, which has no place in an order.
        TypeError: they are not real numbers.
    """
    array = np.asarray(scores)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"average_precision: scores must be real numbers, got {array.dtype}")
    array = array.astype(float)
    if np.isnan(array).any():
        place = int(np.flatnonzero(np.isnan(array))[0])
        raise ValueError(f"average_precision: score {place} is NaN and has no rank")
    return array


def zeros_and_ones(positive: Sequence[bool] | np.ndarray) -> np.ndarray:
    """The marks as booleans.

    Raises:
        ValueError: one is neither 0 nor 1.
        TypeError: they are not booleans or integers.
    """
    array = np.asarray(positive)
    if array.size and array.dtype.kind not in "biu":
        raise TypeError(f"average_precision: marks must be booleans or 0 and 1, got {array.dtype}")
    wrong = np.flatnonzero((array != 0) & (array != 1))
    if wrong.size:
        raise ValueError(
            f"average_precision: mark {wrong[0]} must be 0 or 1, got {array.ravel()[wrong[0]]}"
        )
    return array.astype(bool)
