"""How differently a decision treats groups: rates of each, and how far they are apart.

Class 1 is the decision that people wish for ("invited"), or what is true of those who deserve it.

Letters: N examples, G groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.tasks.metrics.classification import Classes, paired
from minillm.tasks.metrics.intervals import Shares, wilson_interval
from minillm.training.robust import group_places, group_sizes


class GroupRates(NamedTuple):
    """The rates of each group, every one with its Wilson interval."""

    accuracy: Shares  # P(predicted = true | g)
    base: Shares  # P(true = 1 | g)
    selection: Shares  # P(predicted = 1 | g)
    true_positive: Shares  # P(predicted = 1 | true = 1, g)
    false_positive: Shares  # P(predicted = 1 | true = 0, g)
    precision: Shares  # P(true = 1 | predicted = 1, g); NaN where nobody is selected


def group_rates(
    predicted: Classes,
    true: Classes,
    groups: np.ndarray,
    *,
    names: Sequence[str],
    level: float = 0.95,
) -> GroupRates:
    """Accuracy, base rate, selection rate, TPR, FPR and precision of each group, (G,)::

        TPR_g = TP_g / (TP_g + FN_g),    FPR_g = FP_g / (FP_g + TN_g)
        precision_g = TP_g / (TP_g + FP_g)

    Shapes: ``predicted (N,), true (N,)`` 0 or 1, ``groups (N,)`` the places of ``names (G,)``.

    Raises:
        ValueError: as ``group_sizes`` and ``wilson_interval``; not as many groups as predictions;
            a class that is neither 0 nor 1; a group in which all are of one true class, which
            has no TPR or no FPR: the message names it.
        TypeError: as ``group_sizes``.
        IndexError: as ``group_sizes``.
    Source: Hardt, Price & Srebro 2016, "Equality of Opportunity in Supervised Learning",
        arXiv:1610.02413, section 2.
    Guide: 8.2.3 (G55).
    """
    said, is_so = paired(predicted, true, 2)
    sizes = sizes_of_both_classes("group_rates", is_so, groups, names)
    table = np.zeros((2, 2, len(names)))
    np.add.at(table, (is_so, said, group_places(groups, names)), 1)
    (negative, false), (missed, hit) = table
    shares = (
        *((hit + negative, sizes), (hit + missed, sizes), (hit + false, sizes)),
        *((hit, hit + missed), (false, false + negative), (hit, hit + false)),
    )
    return GroupRates(*(wilson_interval(k, n, level=level) for k, n in shares))


def sizes_of_both_classes(
    name: str, true: np.ndarray, groups: np.ndarray, names: Sequence[str]
) -> np.ndarray:
    """How many examples each group has, (G,), once both true classes are in each.

    Raises:
        ValueError: as ``group_sizes``; not as many groups as true classes; a group of one class.
        IndexError, TypeError: as ``group_sizes``.
    """
    sizes, places = group_sizes(groups, names), group_places(groups, names)
    if places.shape != true.shape:
        raise ValueError(f"{name}: groups {places.shape} must be as many as true {true.shape}")
    positive = np.bincount(places, weights=true, minlength=len(names))
    for kind, lacking in ((1, positive == 0), (0, positive == sizes)):
        if lacking.any():
            which = names[int(np.argmax(lacking))]
            raise ValueError(f"{name}: no example of true class {kind} is in group {which!r}")
    return sizes


def demographic_parity_difference(rates: GroupRates) -> float:
    """How far the selection rates are apart: ``max_g P(1 | g) - min_g P(1 | g)``.

    Source: Dwork, Hardt, Pitassi, Reingold & Zemel 2012, "Fairness Through Awareness",
        arXiv:1104.3913, on statistical parity.
    Guide: 8.2.3 (G55).
    """
    return float(np.ptp(rates.selection.value))


def demographic_parity_ratio(rates: GroupRates) -> float:
    """The lowest selection rate over the highest; 1 is equal, and so is selecting nobody at all.

    Source: Feldman, Friedler, Moeller, Scheidegger & Venkatasubramanian 2015, "Certifying and
        removing disparate impact", arXiv:1412.3756, on the rule of four fifths.
    Guide: 8.2.3 (G55).
    """
    selected = rates.selection.value
    return float(selected.min() / selected.max()) if selected.max() else 1.0


def equal_opportunity_difference(rates: GroupRates) -> float:
    """How far the true positive rates are apart: ``max_g TPR_g - min_g TPR_g``.

    Source: as ``group_rates``, definition 2.2.
    Guide: 8.2.3 (G55).
    """
    return float(np.ptp(rates.true_positive.value))


def equalised_odds_gap(rates: GroupRates) -> float:
    """The larger of two distances: ``max(range_g TPR_g, range_g FPR_g)``.

    Source: as ``group_rates``, definition 2.1.
    Guide: 8.2.3 (G55).
    """
    return float(max(np.ptp(rates.true_positive.value), np.ptp(rates.false_positive.value)))
