"""How often what is looked for is found among the first of what is offered.

Letters: N queries, M offers.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np


def recall_at(scores: np.ndarray, right: np.ndarray, k: int) -> float:
    """Recall@k: the share of queries whose right offer is among the k with the highest scores::

        b = offers that score more than the right one,   e = those that score as much, itself too
        recall = mean of  min(1, max(0, (k - b) / e))

    Offers of equal scores stand in a random order, and this is the mean over all orders: whoever
    gives all the same score is right by chance, ``k / M``, and not always.

    Shapes: ``scores (N, M), right (N,) -> ()``; ``right`` are places of offers, from 0 to M - 1.

    Raises:
        ValueError: no scores, one that is NaN, shapes that do not fit, or k outside 1 to M.
        IndexError: a place that there is not.
        TypeError: places or k that are not integers, scores that are not real numbers.
    Source: Manning, Raghavan & Schütze 2008, "Introduction to Information Retrieval",
        section 8.3 (recall of the first k).
    Guide: 8.1.2 (G50).
    """
    scores, right = np.asarray(scores), np.asarray(right)
    if scores.ndim != 2 or scores.size == 0 or right.shape != scores.shape[:1]:
        raise ValueError(
            f"recall_at: scores must be (N, M), none of them 0, and right (N,), got "
            f"{scores.shape} and {right.shape}"
        )
    if scores.dtype.kind not in "biuf":
        raise TypeError(f"recall_at: scores must be real numbers, got {scores.dtype}")
    if np.isnan(scores).any():
        raise ValueError(f"recall_at: {np.isnan(scores).sum()} scores are NaN")
    n, m = scores.shape
    if isinstance(k, bool) or not isinstance(k, Integral):
        raise TypeError(f"recall_at: k must be an integer, got {k!r}")
    if not 1 <= k <= m:
        raise ValueError(f"recall_at: k must be from 1 to {m}, the number of offers, got {k}")
    if right.dtype.kind not in "iu":
        raise TypeError(f"recall_at: right must be integers, got {right.dtype}")
    if right.min() < 0 or right.max() >= m:
        raise IndexError(f"recall_at: right must be from 0 to {m - 1}, got {right.tolist()}")
    own = scores[np.arange(n), right][:, None]
    before, equal = (scores > own).sum(axis=1), (scores == own).sum(axis=1)
    return float(np.clip((k - before) / equal, 0.0, 1.0).mean())
