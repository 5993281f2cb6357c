"""The dials of the unfair world: what each measure of fairness sees of bias and of base rates.

Without any penalty a model may be calibrated in both towns; if these have other base rates its
errors differ all the same.  With a penalty and equal base rates there is a difference that labels
made alone.

Letters: W worlds, G towns.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minillm.labs.challenges.fairness_case import Fairness
from minillm.labs.challenges.fairness_case import Settings as Case
from minillm.labs.study import Study
from minillm.labs.worlds.applications import TOWNS
from minillm.tasks.metrics import (
    calibration_by_group,
    group_rates,
    mean_scores,
)


@dataclass(frozen=True)
class Settings:
    """The case, and in each world the penalty and how good the people of the second town are."""

    case: Case = field(default_factory=Case)
    penalties: tuple[float, ...] = (0.0, 0.2, 0.4, 0.0, 0.4)
    second_good: tuple[float, ...] = (0.5, 0.5, 0.5, 0.35, 0.35)


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Rates and scores of the baseline in each world, and those of who knows everything.

    All are ``(W, G)`` and by merit; the precision is 0 where nobody is selected.

    Raises:
        ValueError: as ``cases_of``.
    Guide: 8.2.3 (G55).
    """
    cases = cases_of("fairness_dials", settings, seed)
    rows = [of_world(case) for case in cases]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def cases_of(name: str, settings: Settings, seed: int) -> list[Fairness]:
    """The case of each world.

    Raises:
        ValueError: not as many penalties as qualities.
    """
    if len(settings.penalties) != len(settings.second_good):
        raise ValueError(
            f"{name}: penalties {settings.penalties} and second_good {settings.second_good} "
            "must be as many"
        )
    first, found = settings.case.world.good[0], []
    for penalty, second in zip(settings.penalties, settings.second_good, strict=True):
        world = replace(settings.case.world, good=(first, second))
        found.append(Fairness(replace(settings.case, world=world, penalty=penalty), seed))
    return found


def of_world(case: Fairness) -> dict[str, np.ndarray]:
    """The numbers of one world, each ``(G,)``."""
    s = case.settings
    model, people = case.selector(case.plain()), case.tested
    merits, towns = people.merits, people.towns
    scores = model.scores(people.ids)
    rates = group_rates(model.selects(people), merits, towns, names=TOWNS)
    others, merited = mean_scores(scores, merits, towns, names=TOWNS)
    sure = calibration_by_group(scores, merits, towns, names=TOWNS, bins=s.bins)
    known = s.world.known(s.penalty, s.threshold)
    return {
        "base rate": rates.base.value,
        "selected": rates.selection.value,
        "TPR": rates.true_positive.value,
        "FPR": rates.false_positive.value,
        "precision": np.nan_to_num(rates.precision.value),
        "merited score": merited,
        "others' score": others,
        "calibration error": sure.error,
        "known selected": known.selection,
        "known TPR": known.true_positive,
        "known FPR": known.false_positive,
        "known merited score": known.merited_score,
    }


STUDY = Study(
    name="fairness_dials",
    question="Which measure of fairness sees unfair labels, and which unequal base rates?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
