"""A shortcut: what helps where a tag says nearly the same as the label, and means nothing?

An encoder learns from reviews whose tag agrees with the label in 95 of 100, and is asked about
reviews where it does not.  The opinion alone would be right in all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.labs import remedy_kinds
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.mismatch.shortcut_case import Settings, Shortcut
from minillm.labs.mismatch.shortcut_remedies import REMEDIES
from minillm.labs.remedy_kinds import by_remedy
from minillm.labs.small_encoder import SmallEncoder, probabilities
from minillm.labs.worlds.shortcuts import GROUPS, TaggedReviews
from minillm.tasks import accuracy
from minillm.tasks.metrics import calibration_error, group_accuracy
from minillm.text.corpora.sentiment import LABELS

TEMPLATE = '''"""A remedy of one's own: here balanced groups and weight decay act together."""

from dataclasses import replace

from minillm.labs.worlds.shortcuts import GROUPS
from minillm.training.robust import balanced_weights

LAB = "shortcut"


def remedy(case):
    """Return a SmallEncoder.

    case.settings and case.seed are given; case.reviews has the reviews with their labels, tags,
    groups and environments, case.target a few whose tags tell nothing, and
    case.learned(reviews, model=..., learning=..., weights=..., objective=..., start=...) trains a
    new model.
    """
    weights = balanced_weights(case.reviews.groups, GROUPS)
    return case.learned(weights=weights, learning=replace(case.learning, weight_decay=1.0))
'''


def evaluate(case: Shortcut, model: SmallEncoder) -> dict[str, Any]:
    """How good a model is in distribution, where tags tell nothing, and where they turn against it.

    All labels are clean.  "by group" ``(4,)`` are the accuracies in the groups of the balanced
    test, in the order of ``GROUPS``, and "worst group" is the lowest of them.

    Guide: 1.4.1 (G45).
    """
    said = {name: probabilities(model, asked.ids) for name, asked in case.tested.items()}
    named = {name: p.argmax(axis=1) for name, p in said.items()}
    even, bins = case.tested["balanced"], case.settings.bins
    groups = group_accuracy(named["balanced"], even.labels, even.groups, names=GROUPS)
    found: dict[str, Any] = {"worst group": float(groups.min()), "by group": groups}
    for name, asked in case.tested.items():
        found[f"accuracy, {name}"] = accuracy(named[name], asked.labels)
        found[f"calibration error, {name}"] = calibration_error(said[name], asked.labels, bins=bins)
    return found


def tag_of_no_use(case: Shortcut) -> dict[str, Any]:
    """The numbers of a model that learned reviews whose tags tell nothing, trained once."""
    s = case.settings
    even = (s.even,) * len(s.agreements)
    return evaluate(
        case, case.shared("even", lambda: case.learned(case.told(s.learned, even, "even")))
    )


def balanced_tags(case: Shortcut) -> float:
    """How far the worst group lies below all of them, where tags told nothing in training."""
    found = tag_of_no_use(case)
    return float(found["accuracy, balanced"] - found["worst group"])


def turned_tags(case: Shortcut) -> float:
    """What is lost where the tags turn, if they told nothing in training."""
    found = tag_of_no_use(case)
    return float(found["accuracy, inside"] - found["accuracy, flipped"])


def with_tossed_labels(case: Shortcut) -> TaggedReviews:
    """The reviews with labels that were tossed; their tags agree with these as ever."""
    told = case.reviews
    turned = case.settings.world.swapped(told)
    tossed = case.stream("tossed").integers(len(LABELS), size=len(told.labels))
    other = tossed != told.labels  # with its label a tag turns, too
    ids = np.where(other[:, None], turned.ids, told.ids)
    tags = np.where(other, turned.tags, told.tags)
    return told._replace(ids=ids, labels=tossed, tags=tags)


def tossed_labels(case: Shortcut) -> float:
    """Accuracy above chance where tags tell nothing, of a model whose labels were tossed.

    All that there was to learn is the tag.
    """
    model = case.learned(with_tossed_labels(case))
    return float(evaluate(case, model)["accuracy, balanced"]) - 1 / 2


CONTROLS = {  # margins from before any measurement; the lowest of four groups has luck of its own
    "tags that tell nothing, worst group": Control(balanced_tags, items=250, margin=0.1),
    "tags that tell nothing, turned": Control(turned_tags, items=1000),
    "labels tossed": Control(tossed_labels, items=1000),
}
MEASURES = {
    "worst group": Measure(1, items=250, headline=True),
    "accuracy, inside": Measure(1, items=1000),
    "accuracy, flipped": Measure(1, items=1000),
    "calibration error, inside": Measure(-1, items=1000),
    "calibration error, flipped": Measure(-1, items=1000),
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 1.4.1, 9.3.1, 9.3.3 (G45, G46, G47).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: ("wider model", "without attention", "without residuals"),
        remedy_kinds.CLEANED: ("tag masked",),
        remedy_kinds.UNAIMED: ("word dropout", "more data"),
        remedy_kinds.AIMED: ("counterfactual tags", "20 % counterfactual"),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout"),
        remedy_kinds.FINE_TUNING: ("last layer", "64 of target", "256 of target"),
        remedy_kinds.OTHERS: (
            *("balanced groups", "balanced and dropout", "group DRO", "group DRO and dropout"),
            *("IRM", "V-REx", "just train twice"),
        ),
    }
)
STUDY = Lab(
    name="shortcut",
    question="A tag stands for the label in training, and means nothing: what helps?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.1,
    case=Shortcut,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="oracle: of the strengths in shortcut_tuning the one with the highest accuracy of "
    "the worst group, mean over the seeds 100 and 101, on reviews for validation in which tags "
    "tell nothing, of equals the weakest; first the baseline's, its steps, which all have; sizes "
    "and numbers have none; the last step counts",
    kinds=KINDS,
    template=TEMPLATE,
    model=SmallEncoder,
)
