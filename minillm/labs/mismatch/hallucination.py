"""Confident answers about what nobody can know: what keeps a model from giving them?

A GPT learns facts about some lands.  Of other lands it has read, too, but never what it is asked:
how often does it answer all the same, and is it sure?
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minillm.labs import remedy_kinds
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.conflict.forgetting_case import examined
from minillm.labs.mismatch.hallucination_case import Hallucination, Settings
from minillm.labs.mismatch.hallucination_remedies import REMEDIES, places_of
from minillm.labs.mismatch.lexicon_readers import Reader, Trained
from minillm.labs.remedy_kinds import by_remedy
from minillm.labs.worlds.knowledge import Facts
from minillm.tasks.metrics import (
    calibration_error,
    membership_auc,
    risk_coverage,
    risk_coverage_area,
)

TEMPLATE = '''"""A remedy of one's own: here a smoothed answer and weight decay act together."""

from dataclasses import replace

from minillm.labs.mismatch.lexicon_readers import Trained

LAB = "hallucination"


def remedy(case):
    """Return a Reader: Trained(model), or what else has probabilities(ids), "unknown" the last.

    case.settings and case.seed are given; case.told has the text as questions and answers,
    case.held questions to fit by, case.plain() is the baseline's model, case.learned(told,
    sizes=..., training=...) trains a new one, and case.tuned(draw) goes on with the baseline's.
    """
    return Trained(case.learned(training=replace(case.reading, weight_decay=1.0, smoothing=0.1)))
'''


class Answered(NamedTuple):
    """What was said to each question: how sure of a name, whether that is right, or nothing."""

    probabilities: np.ndarray  # (F, names)
    places: np.ndarray  # (F,) of the right names
    sure: np.ndarray  # (F,)
    right: np.ndarray  # (F,) bool
    silent: np.ndarray  # (F,) bool: "unknown" is more probable than any name

    def confident_error(self, sure: float) -> float:
        """The share of questions that are answered wrong with more than this probability."""
        wrong = self.probabilities.argmax(axis=1) != self.places
        return float((wrong & (self.sure > sure)).mean())


def answered(case: Hallucination, reader: Reader, asked: Facts) -> Answered:
    """The answers of a reader; the last candidate is "unknown"."""
    p, places = reader.probabilities(asked.ids), places_of(case, asked)
    names, silent = p[:, :-1], p.argmax(axis=1) == p.shape[1] - 1
    right = ~silent & (names.argmax(axis=1) == places)
    return Answered(names, places, names.max(axis=1), right, silent)


def evaluate(case: Hallucination, reader: Reader) -> dict[str, Any]:
    """What is answered about known and unknown lands.

    "confident error" is the share of unknown questions that get a wrong name with a probability
    above ``sure``; by luck one in ``names`` is right.  "AUROC" is how well confidence tells known
    from unknown questions.  "risk" is the area under the curve of risk and coverage over both, as
    many of each, "risk by coverage" the curve at ``coverages``.

    Guide: 1.4.1 (G45).
    """
    s = case.settings
    known, unknown, unseen = (
        answered(case, reader, asked) for asked in (case.known, case.unknown, case.unseen)
    )
    sure, right, p, places = (
        np.concatenate([getattr(one, name) for one in (known, unknown)])
        for name in ("sure", "right", "probabilities", "places")
    )
    curve = risk_coverage(sure, right)
    at = np.minimum(np.searchsorted(curve.coverage, s.coverages), len(sure) - 1)
    return {
        "confident error": unknown.confident_error(s.sure),
        "right on known": known.right.mean(),
        "abstained, unknown": unknown.silent.mean(),
        "abstained, known": known.silent.mean(),
        "AUROC": membership_auc(-known.sure, -unknown.sure),
        "risk": risk_coverage_area(sure, right),
        "calibration error": calibration_error(p, places, bins=s.bins),
        "confident error, known": known.confident_error(s.sure),
        "confident error, unseen": unseen.confident_error(s.sure),
        "risk by coverage": curve.risk[at],
    }


def halves_of_known(case: Hallucination) -> float:
    """How much more often one half of the known questions is answered confidently."""
    sure = answered(case, Trained(case.plain()), case.known).sure > case.settings.sure
    half = len(sure) // 2
    return float(sure[:half].mean() - sure[half:].mean())


def facts_taught(case: Hallucination) -> float:
    """Confident errors about unknown lands minus those about known ones, where all was told."""
    found = evaluate(case, Trained(case.learned(case.text("known", "held", "unknown"))))
    return float(found["confident error"] - found["confident error, known"])


def told_of_both(case: Hallucination) -> float:
    """How much more often the colour of known lands is right than that of unknown ones."""
    atlas, gpt = case.atlas, case.plain().gpt
    asked = (atlas.asked_colour(atlas.lands[group]) for group in ("known", "unknown"))
    known, unknown = (examined(gpt, facts).right.mean() for facts in asked)
    return float(known - unknown)


CONTROLS = {  # margins from before any measurement
    "known against known": Control(halves_of_known, items=40, margin=0.1),
    "facts taught": Control(facts_taught, items=80, margin=0.1),
    "told of both": Control(told_of_both, items=40, margin=0.1),
}
MEASURES = {
    "confident error": Measure(-1, items=80, headline=True),
    "right on known": Measure(1, items=80, headline=True),
    "abstained, unknown": Measure(1, items=80),
    "abstained, known": Measure(-1, items=80),
    "AUROC": Measure(1, items=80),
    "risk": Measure(-1, items=160),
    "calibration error": Measure(-1, items=160),
    "confident error, known": Measure(-1, items=80),
    "confident error, unseen": Measure(-1, items=40),
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 1.4.1, 9.3.1, 9.3.3 (G45, G46, G47).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: ("wider model", "without attention", "without residuals"),
        remedy_kinds.CLEANED: ("cleaned",),
        remedy_kinds.UNAIMED: ("more facts",),
        remedy_kinds.AIMED: ("tuned to say unknown",),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout"),
        remedy_kinds.FINE_TUNING: ("new facts in tuning",),
        remedy_kinds.OTHERS: (
            *("label smoothing", "temperature", "ensemble", "asked with dropout"),
            *("abstention", "longer training"),
        ),
    }
)
STUDY = Lab(
    name="hallucination",
    question="A model is asked what nobody told it: what keeps it from sure answers?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.2,
    case=Hallucination,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="of the strengths in hallucination_sweeps the one with the highest right on known "
    "minus confident error over the seeds 100 and 101, of equals the weakest; the baseline's is "
    "its steps, which all but longer training have; sizes have none; the last step counts",
    kinds=KINDS,
    template=TEMPLATE,
    model=Reader,
)
