"""The strengths of the lab of adversarial inputs: two rules, and small grids.

``tuned`` chose them on seeds that the lab does not use.  The baseline's steps are those with the
lowest loss on other reviews, which is what anybody sees who is not attacked; by accuracy most would
be equal.  The rule of the remedies looks at attacked reviews, and that is the protocol "oracle".

Letters: S seeds, G strengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minillm.labs.challenges.adversarial import AIMS, evaluate
from minillm.labs.challenges.adversarial_case import Adversarial, AttackedEncoder, Settings
from minillm.labs.challenges.adversarial_remedies import REMEDIES
from minillm.labs.sweeps import chosen_in_turn

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "steps": "none",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "word_dropout": "word dropout",
    "eps": "adversarial training",
    "swapped": "words swapped",
    "tuning": "tuned on attacked",
}


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on.

    Three for each; where the best was at an end, one more was tried behind it, but for the steps:
    with the most of them the loss is 0 to three places, and so is all that could be gained.
    """

    steps: tuple[int, ...] = (100, 200, 400)
    weight_decay: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    dropout: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6)
    word_dropout: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)
    eps: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)
    swapped: tuple[float, ...] = (0.1, 0.3, 0.9)
    tuning: tuple[int, ...] = (6, 12, 25, 50)


def validated(case: Adversarial, model: AttackedEncoder) -> tuple[float, float]:
    """Minus the loss on reviews as they are, and the mean accuracy after both attacks."""
    found = evaluate(case, model)
    return -found["loss"], float(np.mean([found[aim] for aim in AIMS]))


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
    cases = [Adversarial(settings, seed) for seed in seeds]
    return chosen_in_turn(cases, vars(grids), SWEPT, REMEDIES, validated, best_strength)
