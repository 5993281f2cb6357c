"""The strengths of the lab of fairness: two rules, and small grids, for all that has a strength.

``tuned`` chose them on seeds that the lab does not use.  The baseline's steps are those that
predict the labels as told best, which is all that anybody can see.  The rule of the remedies looks
at people whose merit is known, and that is the protocol "oracle"; by it a shorter training would be
a remedy, too, and so it is one: "early stop".

Letters: S seeds, G strengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minillm.labs.challenges.fairness_case import Fairness, Selector, Settings
from minillm.labs.challenges.fairness_remedies import REMEDIES
from minillm.labs.sweeps import chosen_in_turn
from minillm.labs.worlds.applications import TOWNS
from minillm.tasks import accuracy
from minillm.tasks.metrics import worst_group_accuracy

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "steps": "none",
    "early": "early stop",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "word_dropout": "word dropout",
    "covariance": "covariance penalty",
    "few_steps": "128 judged by merit",
}


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on."""

    steps: tuple[int, ...] = (75, 150, 300, 600)
    early: tuple[int, ...] = (25, 50, 75, 150)
    weight_decay: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    dropout: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)
    word_dropout: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6)
    covariance: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    few_steps: tuple[int, ...] = (6, 12, 25, 50)


def validated(case: Fairness, model: Selector) -> tuple[float, float]:
    """Accuracy by the labels as told, and by merit that of the worse town.

    They are of people whom no remedy and no test has.
    """
    n = case.settings.tested
    asked = case.shared("for validation", lambda: case.drawn(n, "for validation"))
    said = model.selects(asked)
    worse = worst_group_accuracy(said, asked.merits, asked.towns, names=TOWNS)
    return accuracy(said, asked.labels), worse


def best_strength(found: np.ndarray, name: str) -> int:
    """Which strength is the best by its rule, mean over seeds; of equals the weakest.

    Shapes: ``found (S, G, 2)``, the numbers of both rules.
    """
    rule = 0 if name == "steps" else 1
    return int(found[:, :, rule].mean(axis=0).argmax())


def tuned(
    settings: Settings, grids: Grids, seeds: Sequence[int]
) -> tuple[Settings, dict[str, np.ndarray]]:
    """The settings with the strengths that the rules choose, and the numbers of both, (S, G, 2).

    One strength after the other in the order of ``Grids``, each with those chosen before it.
    """
    cases = [Fairness(settings, seed) for seed in seeds]
    return chosen_in_turn(cases, vars(grids), SWEPT, REMEDIES, validated, best_strength)
