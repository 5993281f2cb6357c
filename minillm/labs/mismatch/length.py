"""Longer texts: what helps where texts are longer than all that were learned?

A decoder learns from texts of 4 to 12 words which opinion was the last, and another one which was
the first, and both are asked about texts of 12, 24 and 48 words.  Which positions carry on?
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.labs import remedy_kinds
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.mismatch.length_case import Length, Settings
from minillm.labs.mismatch.length_readers import Pair, Trained
from minillm.labs.mismatch.length_remedies import REMEDIES
from minillm.labs.remedy_kinds import by_remedy
from minillm.labs.worlds.lengths import TASKS, Asked
from minillm.ops import cross_entropy
from minillm.tasks import accuracy

TEMPLATE = '''"""A remedy of one's own: here ALiBi and dropout act together."""

from dataclasses import replace

from minillm.labs.mismatch.length_readers import Pair, Trained

LAB = "length"


def remedy(case):
    """Return a Pair of readers, of the last opinion and of the first; each has scores(ids).

    case.settings and case.seed are given; case.short has the short texts with the labels of both
    tasks, case.long a few long ones, and case.learned(task, texts, model=..., steps=..., rate=...,
    weight_decay=..., long_share=..., places=..., start=...) trains a new model.
    """
    model = replace(case.settings.model, positions="ALiBi", dropout=0.1)
    return Pair(*(Trained(case.learned(task, model=model)) for task in ("last", "first")))
'''


def numbers(pair: Pair, tested: Asked) -> np.ndarray:
    """Of each task the accuracy on texts, and the mean -ln p of their labels, (2, 2)."""
    rows = []
    for reader, labels in zip(pair, tested.labels.T, strict=True):
        scores = reader.scores(tested.ids)
        nats, _ = cross_entropy.rule(scores, targets=labels, reduction="mean")
        rows.append([accuracy(scores.argmax(axis=1), labels), float(nats)])
    return np.array(rows)


def evaluate(case: Length, pair: Pair) -> dict[str, Any]:
    """How often both readers are right at every length, and how sure they are of the labels.

    "by length" ``(lengths, 2)`` are the accuracies of the tasks, and "-ln p by length" their means
    of -ln p; "accuracy at 48, last" and so on are the same accuracies.

    Guide: 1.4.1 (G45).
    """
    found = np.array([numbers(pair, tested) for tested in case.tested])  # (lengths, tasks, 2)
    by_length = found[..., 0].tolist()
    named: dict[str, Any] = {
        f"accuracy at {n}, {task}": value
        for n, row in zip(NAMED, by_length, strict=True)
        for task, value in zip(TASKS, row, strict=True)
    }
    return named | {"by length": by_length, "-ln p by length": found[..., 1].tolist()}


def both(pair: Pair, tested: Asked) -> float:
    """The mean accuracy of both tasks."""
    return float(numbers(pair, tested)[:, 0].mean())


def all_lengths(case: Length) -> float:
    """What accuracy loses from the shortest to the longest where all lengths were learned."""
    models = (case.learned(task, case.all) for task in TASKS)
    pair = Pair(*(Trained(model) for model in models))
    return both(pair, case.tested[0]) - both(pair, case.tested[-1])


def no_shift(case: Length) -> float:
    """How the accuracies of the baseline differ between two sets of texts of one seen length."""
    s = case.settings
    fresh = case.drawn(s.tested, s.longest, s.longest, "tested again")
    pair = REMEDIES["none"](case)
    return both(pair, case.tested[0]) - both(pair, fresh)


def tossed_labels(case: Length) -> float:
    """Accuracy above chance on the longest texts where the labels that are learned are tossed."""
    labels = case.stream("tossed").integers(2, size=case.short.labels.shape)
    texts = Asked(case.short.ids, labels)
    pair = Pair(*(Trained(case.learned(task, texts)) for task in TASKS))
    return both(pair, case.tested[-1]) - 1 / 2


CONTROLS = {  # margins from before any measurement; accuracies are means of two tasks
    "trained on all lengths": Control(all_lengths, items=2000, margin=0.1),
    "no shift": Control(no_shift, items=2000, margin=0.05),
    "labels tossed": Control(tossed_labels, items=2000, margin=0.05),
}
NAMED = ["12", "24", "48"]  # what the lengths of the settings are called
MEASURES = {
    f"accuracy at {n}, {task}": Measure(1, items=1000, headline=n == NAMED[-1])
    for n in reversed(NAMED)
    for task in TASKS
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 1.4.1, 9.3.1, 9.3.3 (G45, G46, G47).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: (
            *("sinusoidal", "rotary", "ALiBi", "no positions"),
            *("wider model", "without attention"),
        ),
        remedy_kinds.UNAIMED: ("more data",),
        remedy_kinds.AIMED: ("200 long texts", "random offsets", "randomised positions"),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout"),
        remedy_kinds.FINE_TUNING: ("fine-tuned on 50 long",),
        remedy_kinds.OTHERS: ("cut to 12 words",),
    }
)
UNTRIED = {remedy_kinds.CLEANED: "every text that is learned has its right label"}
STUDY = Lab(
    name="length",
    question="Texts are longer than all that were learned: which positions carry on, what helps?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.15,
    case=Length,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="of the strengths in length_tuning the one with the highest accuracy, mean over both "
    "tasks, the lengths 12, 24 and 48 and the seeds 100 and 101, of equals the weakest; first the "
    "steps of the baseline, which all have, then rates, one for each kind of positions, then the "
    "others; sizes, numbers and what is left out have none; the last step counts",
    kinds=KINDS,
    untried=UNTRIED,
    template=TEMPLATE,
    model=Pair,
)
