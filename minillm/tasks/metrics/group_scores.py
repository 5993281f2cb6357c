"""What scores say of groups: are they right in each, do they treat the deserving alike?

A score is the probability that a model gives to class 1.  Letters: N examples, G groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from minillm.backend.ids import plural
from minillm.tasks.metrics.calibration import bins_of, checked_bins
from minillm.tasks.metrics.classification import Classes, class_numbers
from minillm.tasks.metrics.fairness import sizes_of_both_classes
from minillm.tasks.metrics.intervals import Shares, bootstrap_interval
from minillm.training.robust import group_places, group_sizes


class GroupCalibration(NamedTuple):
    """A reliability diagram of each group, and its error; of an empty bin all numbers are 0."""

    predicted: np.ndarray  # (G, bins), the mean score
    observed: np.ndarray  # (G, bins), the share of class 1
    share: np.ndarray  # (G, bins), of the group
    error: np.ndarray  # (G,)


def calibration_by_group(
    scores: np.ndarray, true: Classes, groups: np.ndarray, *, names: Sequence[str], bins: int
) -> GroupCalibration:
    """How far scores and shares of class 1 are apart in each group, in bins of equal width::

        error_g = sum_b n_gb / N_g |observed_gb - predicted_gb|

    Unlike ``calibration_error`` it bins the score of class 1, not that of the class named: a model
    may be calibrated for all examples together, and too high for one group and too low for another.

    Shapes: ``scores (N,), true (N,)`` 0 or 1, ``groups (N,)`` the places of ``names (G,)``.

    Raises:
        ValueError: as ``grouped_scores``, ``group_sizes`` and ``checked_bins``.
        TypeError, IndexError: as ``group_sizes``.
    Source: Kleinberg, Mullainathan & Raghavan 2016, "Inherent Trade-Offs in the Fair
        Determination of Risk Scores", arXiv:1609.05807, section 1 (calibration within groups).
    Guide: 8.2.3 (G55).
    """
    p, is_so, places = grouped_scores("calibration_by_group", scores, true, groups, names)
    sizes, bins = group_sizes(places, names), checked_bins("calibration_by_group", bins)
    cell = places * bins + bins_of(p, bins)
    shape = len(names), bins
    counts, sums, positive = (
        np.bincount(cell, weights=x, minlength=len(names) * bins).reshape(shape)
        for x in (np.ones_like(p), p, is_so)
    )
    filled, share = np.maximum(counts, 1), counts / sizes[:, None]
    predicted, observed = sums / filled, positive / filled
    error = (share * np.abs(observed - predicted)).sum(axis=1)
    return GroupCalibration(predicted, observed, share, error)


def calibration_intervals(
    scores: np.ndarray,
    true: Classes,
    groups: np.ndarray,
    *,
    names: Sequence[str],
    bins: int,
    draws: int,
    level: float,
    rng: np.random.Generator,
) -> Shares:
    """The calibration error of each group with its percentile bootstrap interval, (G,).

    Every group is drawn again within itself.  Drawn again an error grows by the luck of each bin,
    so that of few examples the whole interval may lie above a small error.

    Shapes: as ``calibration_by_group``.

    Raises:
        ValueError: as ``calibration_by_group`` and ``bootstrap_interval``: a group of one example
            has no spread.
        TypeError, IndexError: as ``group_sizes``.
    Source: as ``bootstrap_interval``.
    Guide: 8.2.3 (G55).
    """
    whole = calibration_by_group(scores, true, groups, names=names, bins=bins).error
    p, is_so, places = grouped_scores("calibration_intervals", scores, true, groups, names)
    ends = []
    for g in range(len(names)):
        mine = places == g
        statistic = partial(error_of, p[mine], is_so[mine], bins)
        strata = np.zeros(int(mine.sum()), dtype=int)
        ends.append(bootstrap_interval(statistic, strata, draws=draws, level=level, rng=rng))
    low, high = np.array(ends).T
    return Shares(whole, low, high)


def error_of(scores: np.ndarray, true: np.ndarray, bins: int, places: np.ndarray) -> float:
    """The calibration error of the examples at some places, as of one group."""
    alone = np.zeros(len(places), dtype=int)
    found = calibration_by_group(scores[places], true[places], alone, names=["all"], bins=bins)
    return float(found.error[0])


def mean_scores(
    scores: np.ndarray, true: Classes, groups: np.ndarray, *, names: Sequence[str]
) -> np.ndarray:
    """The mean score of each true class in each group, (2, G): ``E[score | true = c, g]``.

    Equal rows are balance for the negative and for the positive class.

    Shapes: as ``calibration_by_group``.

    Raises:
        ValueError: as ``grouped_scores`` and ``group_sizes``; a group in which all are of one
            true class.
        TypeError, IndexError: as ``group_sizes``.
    Source: as ``calibration_by_group``.
    Guide: 8.2.3 (G55).
    """
    p, is_so, places = grouped_scores("mean_scores", scores, true, groups, names)
    sizes_of_both_classes("mean_scores", is_so, places, names)
    n = len(names)
    counts, sums = (
        np.bincount(is_so * n + places, weights=x, minlength=2 * n).reshape(2, n)
        for x in (np.ones_like(p), p)
    )
    found: np.ndarray = sums / counts
    return found


class Swap(NamedTuple):
    """What a model says of the same texts with the other group's words in them."""

    shift: float  # mean of score minus score of the swapped text
    size: float  # mean of its absolute value
    flipped: float  # the share of texts that are decided differently


def swap_test(
    scores: np.ndarray, swapped: np.ndarray, decided: np.ndarray, decided_swapped: np.ndarray
) -> Swap:
    """The counterfactual test: only the words that name the group are exchanged::

        shift = mean(s - s'),    size = mean |s - s'|,    flipped = mean [d != d']

    Shapes: ``scores (N,), swapped (N,)`` from 0 to 1, ``decided (N,), decided_swapped (N,)``
    decisions 0 or 1 on the same texts in the same order.

    Raises:
        ValueError: rows of other lengths, none, a score outside [0, 1], a decision that is
            neither 0 nor 1.
        TypeError: decisions that are not integers.
    Source: Garg, Perot, Limtiaco, Taly, Chi & Beutel 2019, "Counterfactual Fairness in Text
        Classification through Robustness", arXiv:1809.10610.
    Guide: 8.2.3 (G55).
    """
    first, one = checked_scores("swap_test", scores, decided, "decision")
    second, other = checked_scores("swap_test", swapped, decided_swapped, "swapped decision")
    if first.shape != second.shape:
        raise ValueError(
            f"swap_test: swapped {second.shape} must be as many as scores {first.shape}"
        )
    d = first - second
    return Swap(float(d.mean()), float(np.abs(d).mean()), float((one != other).mean()))


def grouped_scores(
    name: str,
    scores: np.ndarray,
    true: Classes,
    groups: Sequence[int] | np.ndarray,
    names: Sequence[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, true classes and groups as rows of one length, lists too: ``(N,)`` three times.

    Raises:
        ValueError: as ``checked_scores`` and ``group_places``; not as many groups as scores.
        TypeError, IndexError: as ``checked_scores`` and ``group_places``.
    """
    p, is_so = checked_scores(name, scores, true, "true class")
    places = group_places(groups, names)
    if places.shape != p.shape:
        raise ValueError(
            f"{name}: scores {p.shape} and groups {places.shape} must be rows of one length"
        )
    return p, is_so, places


def checked_scores(
    name: str, scores: np.ndarray, classes: Classes, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Scores as a row of floats, and as many classes; ``what`` the classes are, in messages.

    Raises:
        ValueError: rows of other lengths, none, a score outside [0, 1], a class but 0 and 1.
        TypeError: classes that are not integers.
    """
    p, is_so = np.asarray(scores, dtype=np.float64), class_numbers(f"{name}: {what}", classes, 2)
    if p.ndim != 1 or not p.size or p.shape != is_so.shape:
        raise ValueError(
            f"{name}: scores {p.shape} and {plural(what)} {is_so.shape} must be rows of one "
            "length, not empty"
        )
    outside = np.flatnonzero(~((p >= 0) & (p <= 1 + 1e-6)))
    if outside.size:
        place = int(outside[0])
        raise ValueError(f"{name}: scores must be in [0, 1], got {p[place]} at place {place}")
    return p, is_so
