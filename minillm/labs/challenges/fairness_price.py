"""What a remedy costs where labels are unfair, and where only the base rates differ.

A remedy cannot see which of the two it is.  Where labels are fair and the towns differ, what makes
selections alike takes places from those who merit them.

Letters: W worlds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.labs.challenges.fairness import evaluate
from minillm.labs.challenges.fairness_dials import Settings as Dials
from minillm.labs.challenges.fairness_dials import cases_of
from minillm.labs.challenges.fairness_remedies import REMEDIES
from minillm.labs.study import Study

CHOSEN = [
    *("none", "names and hobbies masked", "counterfactual towns", "reweighted"),
    *("covariance penalty", "thresholds by town"),
]


@dataclass(frozen=True)
class Settings(Dials):
    """As the dials: neither, a penalty alone, other base rates alone, and both."""

    penalties: tuple[float, ...] = (0.0, 0.4, 0.0, 0.4)
    second_good: tuple[float, ...] = (0.5, 0.5, 0.35, 0.35)


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Of each remedy in each world accuracies, and the first town minus the second, (W,).

    "accuracy" is by merit and "accuracy, told" by the labels; "TPR", "FPR" and "selected" are
    differences of the towns, by merit.

    Raises:
        ValueError: as ``cases_of``.
    Guide: 8.2.3 (G55).
    """
    cases, found = cases_of("fairness_price", settings, seed), dict[str, Any]()
    for name in CHOSEN:
        rows = [evaluate(case, REMEDIES[name](case)) for case in cases]
        found[f"{name}: accuracy"] = np.array([row["accuracy, merit"] for row in rows])
        found[f"{name}: accuracy, told"] = np.array([row["accuracy, told"] for row in rows])
        for rate in ("TPR", "FPR", "selected"):
            found[f"{name}: {rate}"] = np.array([row[rate][0] - row[rate][1] for row in rows])
    return found


STUDY = Study(
    name="fairness_price",
    question="What does fairness cost where labels are unfair, and where base rates differ?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
