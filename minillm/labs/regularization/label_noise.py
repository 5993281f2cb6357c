"""Fit against regularisation: what helps where a fifth of the labels is wrong?

An encoder can learn all 300 reviews by heart, the wrong labels among them.  Then it is worse on
others, and its losses betray which reviews it has learned.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.labs import remedy_kinds
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.regularization.label_noise_case import LabelNoise, Settings
from minillm.labs.regularization.label_noise_remedies import REMEDIES
from minillm.labs.remedy_kinds import by_remedy
from minillm.labs.small_encoder import SmallEncoder, losses, probabilities
from minillm.tasks import accuracy
from minillm.tasks.metrics import calibration_error, membership_auc

TEMPLATE = '''"""A remedy of one's own: here dropout and weight decay act together."""

from dataclasses import replace

LAB = "label_noise"


def remedy(case):
    """Return a SmallEncoder.

    case.settings and case.seed are given; case.members has the reviews with their labels, some of
    them wrong, and case.learned(reviews, model=..., learning=...) trains a new model, where
    case.settings.model and case.settings.learning say how the plain one is made.
    """
    model = replace(case.settings.model, dropout=0.3)
    return case.learned(model=model, learning=replace(case.settings.learning, weight_decay=1.0))
'''


def evaluate(case: LabelNoise, model: SmallEncoder) -> dict[str, Any]:
    """How good the model is, and what it betrays.

    "accuracy" is that on other reviews with clean labels, "calibration error" is of the same ones;
    "membership" is the area under the curve of the attack by losses, on the members against
    others with as many wrong labels.  "learned" is the share of the members' labels that the
    model gives, "learned, wrong" that of the wrong ones.
    """
    p, own = (probabilities(model, reviews.ids) for reviews in (case.tested, case.members))
    right = own.argmax(axis=1) == case.members.labels
    wrong = case.members.labels != case.clean.labels
    return {
        "accuracy": accuracy(p.argmax(axis=1), case.tested.labels),
        "membership": membership_auc(losses(model, *case.members), losses(model, *case.fresh)),
        "learned": right.mean(),
        "learned, wrong": right[wrong].mean() if wrong.any() else 0.0,
        "calibration error": calibration_error(p, case.tested.labels, bins=case.settings.bins),
    }


def nobody_learned(case: LabelNoise) -> float:
    """How far the attack is from a coin where neither half was learned."""
    half = len(case.fresh.labels) // 2
    found = losses(case.plain(), *case.fresh)
    return membership_auc(found[:half], found[half:]) - 1 / 2


def nothing_learned(case: LabelNoise) -> float:
    """How far the attack is from a coin before the training."""
    model = case.untrained(case.settings.model)
    return membership_auc(losses(model, *case.members), losses(model, *case.fresh)) - 1 / 2


def tossed_labels(case: LabelNoise) -> float:
    """How far the accuracy is from chance where labels are tossed: no model can know them."""
    tossed = np.arange(len(case.tested.labels)) % 2
    p = probabilities(case.plain(), case.tested.ids)
    return accuracy(p.argmax(axis=1), tossed) - 1 / 2


CONTROLS = {
    "nobody learned": Control(nobody_learned, items=300),
    "nothing learned": Control(nothing_learned, items=300),
    "labels tossed": Control(tossed_labels, items=1000),
}
MEASURES = {
    "accuracy": Measure(1, items=1000, headline=True),
    "membership": Measure(-1, items=300, headline=True),
    "learned": Measure(1, items=300),
    "learned, wrong": Measure(-1, items=60),
    "calibration error": Measure(-1, items=1000),
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 1.4.2, 9.3 (G23, G24).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: ("wider model", "without attention", "without residuals"),
        remedy_kinds.CLEANED: ("cleaning",),
        remedy_kinds.UNAIMED: ("word dropout", "more data"),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout"),
        remedy_kinds.OTHERS: ("early stop", "label smoothing"),
    }
)
UNTRIED = {
    remedy_kinds.AIMED: "which labels are wrong is not known",
    remedy_kinds.FINE_TUNING: "no earlier model to begin with",
}
STUDY = Lab(
    name="label_noise",
    question="A fifth of the labels is wrong: what helps, and what hides who was learned from?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.1,
    case=LabelNoise,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="of the strengths in label_noise_sweeps the one with the highest mean of accuracy "
    "minus membership over seeds 100 and 101, of equals the weakest; four times the data, twice "
    "the width and depth, and what is left out have none; the last step counts",
    kinds=KINDS,
    untried=UNTRIED,
    template=TEMPLATE,
    model=SmallEncoder,
)
