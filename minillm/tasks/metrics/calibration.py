"""Is a model right as often as it says?"""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np

from minillm.tasks.metrics.classification import paired


class Reliability(NamedTuple):
    """What a reliability diagram draws, a number for each bin; of an empty bin they are 0.

    ``confidence`` is the mean probability of the classes that were named, ``accuracy`` the share
    of them that are true, ``share`` how many of all predictions are in the bin.
    """

    confidence: np.ndarray  # (bins,)
    accuracy: np.ndarray  # (bins,)
    share: np.ndarray  # (bins,)


def reliability(probabilities: np.ndarray, true: np.ndarray, *, bins: int) -> Reliability:
    """Confidence and accuracy of the predictions in bins of equal width of their confidence.

    The confidence of a prediction is the probability of the class that it names.

    Shapes: ``probabilities (N, C), true (N,)``.

    Raises:
        ValueError: other shapes, no example, a class that there is not, a probability outside
            [0, 1]; as ``checked_bins``.
        TypeError: classes that are not integers.
    Source: Guo, Pleiss, Sun & Weinberger 2017, "On Calibration of Modern Neural Networks",
        arXiv:1706.04599, section 2.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or not len(p):
        raise ValueError(
            f"reliability: probabilities must be (N, C) with N at least 1, got {p.shape}"
        )
    bins = checked_bins("reliability", bins)
    if not ((p >= 0) & (p <= 1 + 1e-6)).all():
        raise ValueError("reliability: probabilities must be in [0, 1]")
    named, classes = paired(p.argmax(axis=1), true, p.shape[1])
    confidence, right = p.max(axis=1), named == classes
    bin_of = bins_of(confidence, bins)
    counts = np.bincount(bin_of, minlength=bins)
    sure, hits = (np.bincount(bin_of, weights=x, minlength=bins) for x in (confidence, right))
    filled = np.maximum(counts, 1)
    return Reliability(sure / filled, hits / filled, counts / len(p))


def bins_of(numbers: np.ndarray, bins: int) -> np.ndarray:
    """The bin of each number from 0 to 1, from 0 to bins - 1: ``b/B <= number < (b + 1)/B``.

    The last one holds 1 as well.  Edges are compared, since 0.29 * 100 is below 29 in floats.
    """
    return np.searchsorted(np.arange(1, bins) / bins, numbers, side="right")


def calibration_error(probabilities: np.ndarray, true: np.ndarray, *, bins: int) -> float:
    """How far confidence and accuracy are apart, in bins of equal width (ECE)::

        ECE = sum_b n_b / N |accuracy_b - confidence_b|

    Shapes: ``probabilities (N, C), true (N,)``.

    Raises:
        ValueError, TypeError: as ``reliability``.
    Source: Guo, Pleiss, Sun & Weinberger 2017, "On Calibration of Modern Neural Networks",
        arXiv:1706.04599, eq. 3.
    """
    found = reliability(probabilities, true, bins=bins)
    return float((found.share * np.abs(found.accuracy - found.confidence)).sum())


def checked_bins(name: str, bins: int) -> int:
    """A number of bins, in which no product overflows.

    Raises:
        ValueError: it is below 1, or not a whole number.
    """
    if not isinstance(bins, Integral) or bins < 1:
        raise ValueError(f"{name}: bins must be a whole number, at least 1, got {bins!r}")
    return int(bins)
