"""Scores of the groups that examples fall into: a good mean may hide a group that fails.

Letters: N examples, G groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.tasks.metrics.classification import Classes, paired
from minillm.training.robust import group_places, group_sizes


def group_accuracy(
    predicted: Classes, true: Classes, groups: np.ndarray, *, names: Sequence[str]
) -> np.ndarray:
    """The share of predictions that are right, in each group, (G,)::

        a_g = 1/N_g sum_{i in g} [predicted_i = true_i]

    Shapes: ``predicted (N,), true (N,), groups (N,)``, the places of ``names (G,)``.

    Raises:
        ValueError: as ``accuracy`` and ``group_sizes``; not as many groups as predictions.
        TypeError: as ``accuracy`` and ``group_sizes``.
    Source: Sagawa, Koh, Hashimoto & Liang 2020, "Distributionally Robust Neural Networks for
        Group Shifts", arXiv:1911.08731.
    Guide: 1.4.1 (G45).
    """
    predicted, true = paired(predicted, true)
    sizes, places = group_sizes(groups, names), group_places(groups, names)
    if places.shape != true.shape:
        raise ValueError(
            f"group_accuracy: groups {places.shape} must be as many as true {true.shape}"
        )
    right = np.bincount(places, weights=predicted == true, minlength=len(names))
    found: np.ndarray = right / sizes
    return found


def worst_group_accuracy(
    predicted: Classes, true: Classes, groups: np.ndarray, *, names: Sequence[str]
) -> float:
    """The accuracy of the group that has the lowest: ``min_g a_g``.

    Shapes: as ``group_accuracy``.

    Raises:
        ValueError, TypeError: as ``group_accuracy``.
    Source: as ``group_accuracy``.
    Guide: 1.4.1 (G45).
    """
    return float(group_accuracy(predicted, true, groups, names=names).min())


def effective_robustness(inside: float, outside: float, *, baselines: np.ndarray) -> float:
    """How far an accuracy under a shift lies above what the baselines foretell::

        outside - (a + b inside),    a and b by least squares from the baselines

    Shapes: ``baselines (N, 2)``: of each the accuracy in distribution, and under the shift.  The
    line is fitted to the accuracies as they are; the source fits it to their logits.

    Raises:
        ValueError: other shapes, fewer than two baselines, all of them equally accurate in
            distribution, or a number that is not an accuracy.
    Source: Taori et al. 2020, "Measuring Robustness to Natural Distribution Shifts in Image
        Classification", arXiv:2007.00644, section 3.
    Guide: 1.4.1 (G45).
    """
    pairs = np.asarray(baselines, dtype=np.float64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or len(pairs) < 2:
        raise ValueError(
            "effective_robustness: baselines must be (N, 2) with at least 2 of them, "
            f"got {pairs.shape}"
        )
    given = np.append(pairs, [inside, outside])
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("effective_robustness: accuracies must be from 0 to 1")
    x, y = pairs.T
    spread = x - x.mean()
    if not np.ptp(x):
        raise ValueError(
            f"effective_robustness: all baselines have the accuracy {x[0]:g} in distribution; a "
            "line needs two different ones"
        )
    slope = spread @ y / (spread @ spread)
    return float(outside - y.mean() - slope * (inside - x.mean()))
