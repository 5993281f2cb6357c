"""How small a change turns a classifier's answer, if it is aimed, and if it is not?

A classifier of reviews is right in nearly all of them.  Its word vectors move along the signs of
the gradient, along the gradient, or as far in a random direction; or words are swapped for others
of their kind, by the first order, by trying all, or at random.  No change touches the truth.  The
dial is how rare half of the words were in training: at 1/2 none is rarer than another.

A model of no layers is linear in its vectors: of it everything is known beforehand.

Letters: A arms, E sizes of a step, K turns.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from minillm.labs.challenges import adversarial_case
from minillm.labs.challenges.adversarial_attacks import SWAPS, Attacked
from minillm.labs.challenges.adversarial_case import Adversarial
from minillm.labs.study import Study


@dataclass(frozen=True)
class Settings:
    """The reviews and the model, the arms, and how far and how often reviews are changed.

    An arm is a number of layers, 0 for the linear model, and ``rare``.  Sizes are in root mean
    squares of the numbers of the words' vectors.
    """

    case: adversarial_case.Settings = field(default_factory=adversarial_case.Settings)
    arms: tuple[tuple[int, float], ...] = (
        *((0, 0.5), (0, 0.1), (0, 0.02)),
        *((1, 0.5), (1, 0.1), (1, 0.02)),
    )
    sizes: tuple[float, ...] = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
    turns: int = 3


def of_arm(settings: Settings, seed: int, n_layers: int, rare: float) -> dict[str, Any]:
    """The numbers of one model."""
    s = settings.case
    model = replace(s.model, n_layers=n_layers)
    case = Adversarial(replace(s, rare=rare, model=model), seed)
    rng = case.stream("what is not aimed")
    attacked = Attacked(case.plain(), case.tested, case.alike, rng)
    return {
        **attacked.along(settings.sizes),
        "swapped": [attacked.swapped(way, settings.turns) for way in SWAPS],
        "agreement": [*attacked.agreement().values()],
    }


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """What each arm's model says of changed reviews; A is the first axis of all.

    ``accuracy (A, 4, E)``, ``risen (A, 4, E)``, ``foretold (A, E)``: as ``Attacked.along``, rows
    are ``STEPS``.  ``swapped (A, 3, K + 1)``: accuracy after so many swaps by ``SWAPS``.
    ``agreement (A, 4)``: how often one swap at random is the best, the share of the best gain that
    it has; and both for the swap by the first order.

    Guide: 7.3.1, 10 (G56).
    """
    found = [of_arm(settings, seed, *arm) for arm in settings.arms]
    return {name: [one[name] for one in found] for name in found[0]}


STUDY = Study(
    name="adversarial_directions",
    question="How small a change turns a classifier's answer, if it is aimed, and if it is not?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
