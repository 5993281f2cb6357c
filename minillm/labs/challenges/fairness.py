"""Fairness: labels withhold from one town what its people merit; what helps, and at what price?

An encoder learns to select people by labels that wrong the second town by a known share.  It is
judged by the merit that the labels hide.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from minillm.labs import remedy_kinds
from minillm.labs.challenges.fairness_case import Fairness, Selector, Settings
from minillm.labs.challenges.fairness_remedies import REMEDIES
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.remedy_kinds import by_remedy
from minillm.labs.worlds.applications import TOWNS
from minillm.tasks import accuracy
from minillm.tasks.metrics import (
    calibration_by_group,
    demographic_parity_difference,
    equal_opportunity_difference,
    equalised_odds_gap,
    group_accuracy,
    group_rates,
    mean_scores,
    swap_test,
)

TEMPLATE = '''"""A remedy of one's own: here reweighting and weight decay act together."""

from dataclasses import replace

from minillm.labs.worlds.applications import TOWNS
from minillm.training.fairness import independence_weights

LAB = "fairness"


def remedy(case):
    """Return a Selector.

    case.settings and case.seed are given; case.people has the applications with their labels,
    merits and towns, case.held others to choose thresholds on, case.judged a few whose labels are
    their merits; case.learned(people, model=..., learning=..., weights=..., objective=...,
    start=...) trains a new model, and case.selector(model) selects with it.
    """
    people = case.people
    weights = independence_weights(people.labels, people.towns, TOWNS, n_classes=2)
    learning = replace(case.learning, weight_decay=1.0)
    return case.selector(case.learned(weights=weights, learning=learning))
'''


def evaluate(case: Fairness, model: Selector) -> dict[str, Any]:
    """How a selector treats two towns, how right it is, and what the town's words do.

    All but "accuracy, told" is by merit.  "TPR", "FPR" and "selected" ``(2,)`` are of each town,
    and so are the calibration errors of the scores.

    Guide: 8.2.3 (G55).
    """
    people, world = case.tested, case.settings.world
    merits, towns = people.merits, people.towns
    scores, said = model.scores(people.ids), model.selects(people)
    rates = group_rates(said, merits, towns, names=TOWNS)
    means = mean_scores(scores, merits, towns, names=TOWNS)
    right = group_accuracy(said, merits, towns, names=TOWNS)
    sure = calibration_by_group(scores, merits, towns, names=TOWNS, bins=case.settings.bins)
    other = world.swapped(people)
    swap = swap_test(scores, model.scores(other.ids), said, model.selects(other))
    return {
        "TPR gap": equal_opportunity_difference(rates),
        "score gap": float(np.ptp(means[1])),
        "accuracy, merit": accuracy(said, merits),
        "accuracy, told": accuracy(said, people.labels),
        "accuracy, worst town": float(right.min()),
        "selection gap": demographic_parity_difference(rates),
        "odds gap": equalised_odds_gap(rates),
        "flipped by swap": swap.flipped,
        "moved by swap": swap.size,
        "calibration error, worst town": float(sure.error.max()),
        "TPR": rates.true_positive.value,
        "FPR": rates.false_positive.value,
        "selected": rates.selection.value,
        "merited score": means[1],
        "calibration error": sure.error,
    }


def first_minus_second(case: Fairness, *, measure: str, purpose: str) -> float:
    """A number of the first town minus that of the second, where labels wrong nobody's town."""
    found = case.shared(purpose, lambda: evaluate(case, FAIR[purpose](case)))[measure]
    return float(found[0] - found[1])


def without_penalty(case: Fairness) -> Selector:
    """Learned from applications whose labels are the merits."""
    return case.selector(case.learned(case.drawn(case.settings.learned, "fair", penalty=0.0)))


def by_lot(case: Fairness) -> Selector:
    """Learned from the same labels, with the towns' words exchanged in every other application."""
    people, turned = case.people, case.settings.world.swapped(case.people)
    other = case.stream("lots").random(len(people.labels)) < 1 / 2
    ids = np.where(other[:, None], turned.ids, people.ids)
    return case.selector(case.learned(people._replace(ids=ids)))


FAIR = {"no penalty": without_penalty, "towns by lot": by_lot}
CONTROLS = {  # margins from before any measurement
    f"{purpose}, {short}": Control(
        partial(first_minus_second, measure=measure, purpose=purpose), items=1000
    )
    for purpose in FAIR
    for short, measure in (("TPR", "TPR"), ("score", "merited score"))
}
MEASURES = {
    "TPR gap": Measure(-1, items=1000, headline=True),
    "score gap": Measure(-1, items=1000, headline=True),
    "accuracy, merit": Measure(1, items=4000),
    "accuracy, told": Measure(1, items=4000),
    "accuracy, worst town": Measure(1, items=2000),
    "selection gap": Measure(-1, items=2000),
    "odds gap": Measure(-1, items=1000),
    "flipped by swap": Measure(-1, items=4000),
    "moved by swap": Measure(-1, items=4000),
    "calibration error, worst town": Measure(-1, items=2000),
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 8.2.3 (G55).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: ("wider model", "without attention", "without residuals"),
        remedy_kinds.CLEANED: ("names masked", "names and hobbies masked"),
        remedy_kinds.UNAIMED: ("word dropout", "more data"),
        remedy_kinds.AIMED: ("counterfactual towns", "quarter looked up"),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout"),
        remedy_kinds.FINE_TUNING: ("128 judged by merit",),
        remedy_kinds.OTHERS: (
            *("early stop", "reweighted", "covariance penalty", "thresholds by town"),
        ),
    }
)
STUDY = Lab(
    name="fairness",
    question="Labels wrong one of two groups: what helps it, and what does that cost?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.1,
    case=Fairness,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="oracle: of the strengths in fairness_tuning the one with the highest accuracy by "
    "merit of the worse town, mean over the seeds 100 and 101, on people for validation, of equals "
    "the weakest; but first the baseline's, its steps, by accuracy on the labels as told; all "
    "remedies but early stop train as long; sizes and shares have no strength; the last step "
    "counts",
    kinds=KINDS,
    template=TEMPLATE,
    model=Selector,
)
