"""What is risked by answering, when the least sure answers may be kept back?

Letters: N answers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.backend import least_count


class RiskCoverage(NamedTuple):
    """Which share is answered, and which share of these answers is wrong, the surest first."""

    coverage: np.ndarray  # (N,)
    risk: np.ndarray  # (N,)


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> RiskCoverage:
    """The risk of answering only the k surest of N questions, for every k::

        coverage_k = k / N,    risk_k = 1/k (number of wrong answers among the k surest)

    Of answers that are equally sure the risk is the mean over all their orders.

    Shapes: ``confidence (N,)`` from 0 to 1, ``right (N,)`` booleans or 0 and 1.

    Raises:
        ValueError: no answers, other shapes, a confidence outside [0, 1], a mark that is neither 0
            nor 1.
    Source: El-Yaniv & Wiener 2010, "On the Foundations of Noise-free Selective Classification";
        Geifman & El-Yaniv 2017, "Selective Classification for Deep Neural Networks",
        arXiv:1705.08500, section 2.
    """
    sure = confidences("risk_coverage", confidence)
    marks = np.asarray(right)
    if marks.shape != sure.shape or not np.isin(marks, (0, 1)).all():
        raise ValueError(
            f"risk_coverage: right must be {len(sure)} marks of 0 or 1, got {marks.shape} of "
            f"{np.unique(marks)[:5].tolist()}"
        )
    _, place, times = np.unique(-sure, return_inverse=True, return_counts=True)
    wrong = np.bincount(place, weights=1.0 - marks) / times  # of equally sure answers
    answered = np.arange(1, len(sure) + 1)
    return RiskCoverage(answered / len(sure), np.cumsum(wrong[np.sort(place)]) / answered)


def risk_coverage_area(confidence: np.ndarray, right: np.ndarray) -> float:
    """The mean risk over all coverages (AURC): ``1/N sum_k risk_k``; 0 is without fault.

    Shapes: as ``risk_coverage``.

    Raises:
        ValueError: as ``risk_coverage``.
    Source: Geifman, Uziel & El-Yaniv 2019, "Bias-Reduced Uncertainty Estimation for Deep Neural
        Classifiers", arXiv:1805.08206.
    """
    return float(risk_coverage(confidence, right).risk.mean())


def threshold_of_coverage(confidence: np.ndarray, coverage: float) -> float:
    """The highest threshold from which on at least this share of the answers is given.

    Shapes: ``confidence (N,)`` from 0 to 1.

    Raises:
        ValueError: no confidences, one outside [0, 1]; a coverage that is not in (0, 1].
    """
    sure = np.sort(confidences("threshold_of_coverage", confidence))
    if not 0 < coverage <= 1:
        raise ValueError(
            f"threshold_of_coverage: coverage must be above 0 and at most 1, got {coverage}"
        )
    given = least_count(coverage * len(sure))
    return float(sure[len(sure) - given])


def confidences(name: str, given: np.ndarray) -> np.ndarray:
    """Confidences as a row of floats.

    Raises:
        ValueError: no row, an empty one, or a number outside [0, 1].
    """
    sure = np.asarray(given, dtype=np.float64)
    if sure.ndim != 1 or not sure.size:
        raise ValueError(f"{name}: confidence must be a row of at least 1, got {sure.shape}")
    outside = np.flatnonzero(~((sure >= 0) & (sure <= 1 + 1e-6)))
    if outside.size:
        place = int(outside[0])
        raise ValueError(
            f"{name}: confidence must be in [0, 1], got {sure[place]} at place {place}"
        )
    return sure
