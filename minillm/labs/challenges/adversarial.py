"""Adversarial inputs: what helps a classifier whose answer a small change turns, and which change?

A classifier learns reviews in which half of the words are rare.  It is attacked in two ways: its
word vectors move a little along the signs of the gradient, or one word is swapped for the worst
other one of its kind.  The study ``adversarial_directions`` shows the attacks themselves.

Attacks on letters are measured elsewhere: ``spam_attack`` misspells what a filter goes by, and
finds by asking alone; here the attacker has the gradient, and the words stay whole.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from minillm.labs import remedy_kinds
from minillm.labs.challenges.adversarial_attacks import Attacked
from minillm.labs.challenges.adversarial_case import Adversarial, AttackedEncoder, Settings
from minillm.labs.challenges.adversarial_remedies import REMEDIES
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.remedy_kinds import by_remedy
from minillm.labs.small_encoder import losses

TEMPLATE = '''"""A remedy of one's own: here adversarial training and swapped words act together."""

LAB = "adversarial"


def remedy(case):
    """Return an AttackedEncoder.

    case.settings and case.seed are given; case.reviews has the reviews that are learned, case.many
    more of them, case.alike which word may stand for which; case.taught(reviews, model=...,
    learning=..., swapped=..., eps=..., start=...) trains a new model.
    """
    s = case.settings.strengths
    return case.taught(eps=s.eps, swapped=s.swapped)
'''
AIMS = ["accuracy, sign step", "accuracy, one swap"]


def evaluate(case: Adversarial, model: AttackedEncoder) -> dict[str, Any]:
    """How often a model is right as reviews are, after steps of one size, and after one swap.

    "one swap" is the worst of all: the share of reviews in which no swap makes the answer wrong.

    Guide: 7.3.1, 10 (G56).
    """
    s, rng = case.settings, case.stream("what is not aimed")
    attacked = Attacked(model, case.tested, case.alike, rng)
    sign, direction, *at_random = attacked.along((s.eps,))["accuracy"][:, 0]
    worst, first, blind = (
        attacked.swapped(way, 1) for way in ("exhaustive", "first order", "random")
    )
    return {
        "accuracy, sign step": float(sign),
        "accuracy, one swap": float(worst[1]),
        "accuracy": float(worst[0]),
        "accuracy, gradient step": float(direction),
        "accuracy, random signs": float(at_random[0]),
        "accuracy, random step": float(at_random[1]),
        "accuracy, first-order swap": float(first[1]),
        "accuracy, random swap": float(blind[1]),
        "loss": float(losses(model, case.tested.ids, case.tested.labels).mean()),
    }


def without_rare_words(case: Adversarial) -> dict[str, Any]:
    """The numbers of the baseline where no word is rarer than another."""
    settings = replace(case.settings, rare=1 / 2)
    even = Adversarial(settings, case.seed)
    found: dict[str, Any] = case.shared("even", lambda: evaluate(even, even.plain()))
    return found


def lost(case: Adversarial, measure: str) -> float:
    """How much of the accuracy a measure says is lost, where no word is rarer than another."""
    found = without_rare_words(case)
    return float(found["accuracy"] - found[measure])


CONTROLS = {  # margins from before any measurement on the seeds of the lab
    "no rare words, random swap": Control(
        partial(lost, measure="accuracy, random swap"), items=120, margin=0.02
    ),
    "no rare words, one swap": Control(
        partial(lost, measure="accuracy, one swap"), items=120, margin=0.05
    ),
    "no rare words, random signs": Control(
        partial(lost, measure="accuracy, random signs"), items=120, margin=0.02
    ),
}
MEASURES = {
    "accuracy, sign step": Measure(1, items=120, headline=True),
    "accuracy, one swap": Measure(1, items=120, headline=True),
    "accuracy": Measure(1, items=120),
    "accuracy, gradient step": Measure(1, items=120),
    "accuracy, random signs": Measure(1, items=120),
    "accuracy, random step": Measure(1, items=120),
    "accuracy, first-order swap": Measure(1, items=120),
    "accuracy, random swap": Measure(1, items=120),
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 7.3.1, 10 (G56).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: ("wider model", "linear model"),
        remedy_kinds.UNAIMED: ("word dropout", "more data"),
        remedy_kinds.AIMED: ("words swapped",),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout"),
        remedy_kinds.FINE_TUNING: ("tuned on attacked",),
        remedy_kinds.OTHERS: ("adversarial training",),
    }
)
STUDY = Lab(
    name="adversarial",
    question="A small change turns a classifier's answer: what helps it, and against which change?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
    case=Adversarial,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="oracle: of the strengths in adversarial_tuning the one with the highest mean of the "
    "accuracies after a sign step and after the worst swap, mean over the seeds 100 and 101, of "
    "equals the weakest; but first the baseline's, its steps, by the loss on reviews that are not "
    "attacked, which is all that one sees without an attacker; all remedies train as long, and "
    "tuning comes on top; sizes have no strength; the last step counts",
    kinds=KINDS,
    untried={remedy_kinds.CLEANED: "every label is right: there is nothing to be cleaned away"},
    template=TEMPLATE,
    model=AttackedEncoder,
)
