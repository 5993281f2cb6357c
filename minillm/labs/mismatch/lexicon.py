"""Another lexicon: what helps where opinions come in words that no training review has?

An encoder learns from reviews in the words of books, and is asked about reviews of which a share
is said in the words of tools.  How often is it right, and does it know how sure it may be?
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.labs import remedy_kinds
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.mismatch.lexicon_case import Asked, Lexicon, Settings
from minillm.labs.mismatch.lexicon_readers import Reader, Trained
from minillm.labs.mismatch.lexicon_remedies import REMEDIES
from minillm.labs.remedy_kinds import by_remedy
from minillm.labs.worlds.majorities import Reviews
from minillm.tasks import accuracy
from minillm.tasks.metrics import calibration_error, reliability

TEMPLATE = '''"""A remedy of one's own: here synonyms and weight decay act together."""

from dataclasses import replace

from minillm.labs.mismatch.lexicon_readers import Trained

LAB = "lexicon"


def remedy(case):
    """Return a Reader: Trained(model), or what else has probabilities(ids).

    case.settings and case.seed are given; case.books has the reviews with their labels, case.tools
    the labelled ones of tools, case.pretrained() is a model that has read both without labels, and
    case.learned(reviews, model=..., learning=..., synonyms=..., start=...) trains a new model.
    """
    learning = replace(case.learning, weight_decay=1.0)
    return Trained(case.learned(learning=learning, synonyms=0.5))
'''


def scored(p: np.ndarray, tested: Asked, bins: int) -> list[float]:
    """Accuracy on clean labels; of the labels as they come calibration error and mean -ln p."""
    right = accuracy(p.argmax(axis=1), tested.reviews.labels)
    own = p[np.arange(len(p)), tested.told]
    return [right, calibration_error(p, tested.told, bins=bins), float(-np.log(own).mean())]


def evaluate(case: Lexicon, reader: Reader) -> dict[str, Any]:
    """How good what reads is, under every shift.

    "by shift" ``(shifts, 3)`` are accuracy, calibration error and mean -ln p; the measures are
    those of the last shift, and those of the first, of books.  Accuracy is on clean labels; a
    probability is compared with labels as they come, of which as many are wrong as in training:
    without a shift who learned these is calibrated.  "reliability" ``(2, 3, bins)`` has
    confidence, accuracy and share of each bin, of the first shift and of the last.

    Guide: 1.4.1 (G45).
    """
    bins = case.settings.bins
    said = [reader.probabilities(tested.reviews.ids) for tested in case.tested]
    by_shift = [scored(p, tested, bins) for p, tested in zip(said, case.tested, strict=True)]
    first, last = by_shift[0], by_shift[-1]
    ends = (said[0], case.tested[0]), (said[-1], case.tested[-1])
    return {
        "accuracy": last[0],
        "calibration error": last[1],
        "-ln p": last[2],
        "accuracy, books": first[0],
        "calibration error, books": first[1],
        "-ln p, books": first[2],
        "by shift": by_shift,
        "reliability": [reliability(p, tested.told, bins=bins) for p, tested in ends],
    }


def both_learned(case: Lexicon, measure: str) -> float:
    """How far a measure falls from books to tools where both were learned."""
    found = evaluate(case, Trained(case.shared("both", lambda: case.learned(case.both))))
    return float(found[f"{measure}, books"] - found[measure])


def both_accurate(case: Lexicon) -> float:
    """The loss of accuracy where both lexicons were learned."""
    return both_learned(case, "accuracy")


def both_calibrated(case: Lexicon) -> float:
    """The change of the calibration error where both lexicons were learned."""
    return both_learned(case, "calibration error")


def silent_texts(case: Lexicon) -> float:
    """Accuracy above chance behind pretraining on texts that tell nothing of an opinion's side."""
    model = case.learned(start=case.pretrained(silent=True))
    return float(evaluate(case, Trained(model))["accuracy"]) - 1 / 2


def tossed_labels(case: Lexicon) -> float:
    """Accuracy above chance behind labelled reviews of tools whose labels are tossed."""
    ids = case.tools.ids
    tossed = Reviews(ids, case.stream("tossed").integers(2, size=len(ids)))
    model = case.learned(tools=(tossed, case.settings.strengths.many_share))
    return float(evaluate(case, Trained(model))["accuracy"]) - 1 / 2


CONTROLS = {  # margins from before any measurement; of luck with 40 words a seed has 0.1 and more
    "both lexicons learned": Control(both_accurate, items=1000),
    "both lexicons learned, calibration": Control(both_calibrated, items=1000),
    "texts that tell nothing": Control(silent_texts, items=1000, margin=0.1),
    "labels of tools tossed": Control(tossed_labels, items=1000, margin=0.1),
}
MEASURES = {
    "accuracy": Measure(1, items=1000, headline=True),
    "calibration error": Measure(-1, items=1000, headline=True),
    "-ln p": Measure(-1, items=1000),
    "accuracy, books": Measure(1, items=1000),
    "calibration error, books": Measure(-1, items=1000),
    "-ln p, books": Measure(-1, items=1000),
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 1.4.1, 9.3.1, 9.3.3 (G45, G46, G47).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: ("wider model", "without attention", "without residuals"),
        remedy_kinds.UNAIMED: ("word dropout", "more data"),
        remedy_kinds.AIMED: ("synonyms",),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout"),
        remedy_kinds.FINE_TUNING: (
            *("32 of tools", "128 of tools", "pretraining", "pretraining and synonyms"),
        ),
        remedy_kinds.OTHERS: ("label smoothing", "temperature", "asked with dropout", "ensemble"),
    }
)
UNTRIED = {remedy_kinds.CLEANED: "no word of tools is in what is learned"}
STUDY = Lab(
    name="lexicon",
    question="Opinions come in words that training had not: what helps, and who knows it?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.1,
    case=Lexicon,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="of the strengths in lexicon_sweeps the one with the highest accuracy minus "
    "calibration error, mean over books, tools and the seeds 100 and 101, of equals the weakest; "
    "the baseline's is its steps, which all have; sizes, numbers and what is left out have none; "
    "the last step counts",
    kinds=KINDS,
    untried=UNTRIED,
    template=TEMPLATE,
    model=Reader,
)
