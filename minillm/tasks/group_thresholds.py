"""A threshold for each group, chosen so that the deserving of all groups fare alike.

Letters: N examples, G groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.backend.counts import least_count
from minillm.backend.ids import check_ids
from minillm.tasks.metrics.classification import Classes
from minillm.tasks.metrics.fairness import sizes_of_both_classes
from minillm.tasks.metrics.group_scores import grouped_scores


def thresholds_of_rate(
    scores: np.ndarray, true: Classes, groups: np.ndarray, rate: float, *, names: Sequence[str]
) -> np.ndarray:
    """The highest threshold of each group that finds at least this share of its positives, (G,)::

        t_g = max {t : P(score >= t | true = 1, g) >= rate}

    The TPRs are equal but for steps of one example and for equal scores; the source makes them
    equal exactly by tossing a coin between two thresholds.

    Shapes: ``scores (N,), true (N,)`` 0 or 1, ``groups (N,)`` the places of ``names (G,)``.

    Raises:
        ValueError: as ``grouped_scores`` and ``sizes_of_both_classes``; a rate not in (0, 1].
        IndexError, TypeError: as ``group_sizes``.
    Source: Hardt, Price & Srebro 2016, "Equality of Opportunity in Supervised Learning",
        arXiv:1610.02413, section 3.
    Guide: 8.2.3 (G55).
    """
    p, is_so, places = grouped_scores("thresholds_of_rate", scores, true, groups, names)
    sizes_of_both_classes("thresholds_of_rate", is_so, places, names)
    if not 0 < rate <= 1:
        raise ValueError(f"thresholds_of_rate: rate must be above 0 and at most 1, got {rate}")
    found = np.empty(len(names))
    for g in range(len(names)):
        positive = np.sort(p[(places == g) & (is_so == 1)])
        kept = least_count(rate * len(positive))
        found[g] = positive[len(positive) - kept]
    return found


def equal_opportunity_thresholds(
    scores: np.ndarray, true: Classes, groups: np.ndarray, *, names: Sequence[str]
) -> np.ndarray:
    """Of all thresholds of one common TPR those that are right most often, (G,).

    Every TPR that a threshold of some group has is tried; of equally good ones the highest counts.

    Shapes: as ``thresholds_of_rate``.

    Raises:
        ValueError, IndexError, TypeError: as ``thresholds_of_rate``.
    Source: as ``thresholds_of_rate``.
    Guide: 8.2.3 (G55).
    """
    p, is_so, places = grouped_scores("equal_opportunity_thresholds", scores, true, groups, names)
    sizes_of_both_classes("equal_opportunity_thresholds", is_so, places, names)
    counts = {int(is_so[places == g].sum()) for g in range(len(names))}
    rates = sorted({k / n for n in counts for k in range(1, n + 1)}, reverse=True)
    tried = np.array([thresholds_of_rate(p, is_so, places, rate, names=names) for rate in rates])
    right = [((p >= of[places]) == is_so).mean() for of in tried]
    best: np.ndarray = tried[int(np.argmax(right))]
    return best


def decided(scores: np.ndarray, groups: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Who is selected, each by the threshold of the own group: ``score >= t_g``, (N,) 0 or 1.

    Shapes: ``scores (N,), groups (N,)``, the places of ``thresholds (G,)``; lists will do.

    Raises:
        ValueError: groups of another shape than scores; thresholds that are not a row; a score or
            a threshold that is NaN, which is neither above nor below.
        IndexError: a group that has no threshold.
        TypeError: groups that are not integers.
    """
    p, t = np.asarray(scores, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    if t.ndim != 1 or np.isnan(t).any() or np.isnan(p).any():
        raise ValueError(
            f"decided: needs scores without NaN and one threshold for each group, got {p.shape} "
            f"scores, {int(np.isnan(p).sum())} of them NaN, and thresholds {t}"
        )
    places = check_ids(groups, len(t), name="group", of="thresholds")
    if p.shape != places.shape:
        raise ValueError(f"decided: groups {places.shape} must be as many as scores {p.shape}")
    found: np.ndarray = (p >= t[places]).astype(int)
    return found
