"""How well a model's losses betray what it was trained on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


def membership_auc(members: np.ndarray, others: np.ndarray) -> float:
    """The area under the curve of an attack that calls what has a low loss a member::

        AUC = P(l_in < l_out) + 1/2 P(l_in = l_out)       over all pairs

    0.5 is a coin; 1 means that every member has a lower loss than everything else.

    Shapes: ``members (M,)`` and ``others (N,)`` are losses of examples, in any unit.

    Raises:
        ValueError: one of them is empty or not a row, or a loss is NaN.
    Source: Yeom, Giacomelli, Fredrikson & Jha 2018, "Privacy Risk in Machine Learning: Analyzing
        the Connection to Overfitting", arXiv:1709.01604, section 3.2 (the attack); Mann & Whitney
        1947, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the
        Other" (the pairs).
    Guide: 8.2.2 (G54).
    """
    inside, outside = rows_of_losses("membership_auc", members=members, others=others)
    ranked = np.sort(outside)
    not_above = np.searchsorted(ranked, inside, side="right")
    below = np.searchsorted(ranked, inside, side="left")
    higher, equal = len(ranked) - not_above, not_above - below
    return float((higher + equal / 2).mean() / len(ranked))


class Roc(NamedTuple):
    """Both rates of the attack at every threshold, from the lowest loss on."""

    false_positives: np.ndarray  # (K,) share of the others that are called members
    true_positives: np.ndarray  # (K,) share of the members that are


def membership_roc(members: np.ndarray, others: np.ndarray) -> Roc:
    """The curve of the attack that calls members what has a loss of at most t, for all t::

        FPR(t) = P(l_out <= t),   TPR(t) = P(l_in <= t)

    Shapes: ``members (M,)``, ``others (N,)``; K is one more than there are different losses, as
    the first point has no member at all.

    Raises:
        ValueError: as ``membership_auc``.
    Source: Carlini, Chien, Nasr, Song, Terzis & Tramèr 2022, "Membership Inference Attacks From
        First Principles", arXiv:2112.03570, section III.
    Guide: 8.2.2 (G54).
    """
    inside, outside = rows_of_losses("membership_roc", members=members, others=others)
    thresholds = np.unique(np.concatenate([inside, outside]))
    rates = [
        np.searchsorted(np.sort(losses), thresholds, side="right") / len(losses)
        for losses in (outside, inside)
    ]
    return Roc(*(np.concatenate([[0.0], rate]) for rate in rates))


def true_positives_at(members: np.ndarray, others: np.ndarray, false_positives: float) -> float:
    """The largest share of members that is found while at most so many others are accused.

    A mean such as the AUC hides an attack that is sure of a few: what counts is the rate at 0.1 %
    or 1 % of false positives.  With fewer than 1 / ``false_positives`` others, none is accused.

    Raises:
        ValueError: ``false_positives`` is not from 0 to 1; as ``membership_auc``.
    Source: as ``membership_roc``.
    Guide: 8.2.2 (G54).
    """
    if not 0 <= false_positives <= 1:
        raise ValueError(
            f"true_positives_at: false_positives must be from 0 to 1, got {false_positives}"
        )
    roc = membership_roc(members, others)
    return float(roc.true_positives[roc.false_positives <= false_positives].max())


def calibrated_losses(losses: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """How much lower than expected a loss is: ``l - l_ref``, by a model that was trained on others.

    What is easy for everyone has a low loss and was perhaps never seen; the difference tells.

    Shapes: ``(N,), (N,) -> (N,)``: the same examples, in the same order.

    Raises:
        ValueError: the lengths differ, or both are the same infinity; as ``membership_auc``.
    Source: Watson, Guo, Cormode & Sablayrolles 2022, "On the Importance of Difficulty Calibration
        in Membership Inference Attacks", arXiv:2111.08440.
    Guide: 8.2.2 (G54).
    """
    own, other = rows_of_losses("calibrated_losses", losses=losses, reference=reference)
    if own.shape != other.shape:
        raise ValueError(
            f"calibrated_losses: {len(own)} losses need as many of the reference, got {len(other)}"
        )
    lost = int((np.isinf(own) & (own == other)).sum())
    if lost:
        raise ValueError(
            f"calibrated_losses: {lost} of {len(own)} losses are infinite and so is their "
            "reference: the difference is no number"
        )
    return own - other


def rows_of_losses(name: str, **rows: np.ndarray) -> list[np.ndarray]:
    """The losses in float64.

    Raises:
        ValueError: one is empty or not a row, or a loss is NaN.
    """
    found = []
    for which, losses in rows.items():
        row = np.asarray(losses, dtype=np.float64)
        if row.ndim != 1 or not row.size or np.isnan(row).any():
            missing = f", {int(np.isnan(row).sum())} of them NaN" if row.size else ""
            raise ValueError(
                f"{name}: {which} must be a row of losses without NaN, got shape "
                f"{row.shape}{missing}"
            )
        found.append(row)
    return found
