"""The lab on two aspects with SGD, whose steps are along the aggregated gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minillm.labs.compare import compared
from minillm.labs.conflict import aspects
from minillm.labs.conflict.aspect_case import Settings, conditions
from minillm.labs.conflict.aspect_remedies import TRAINED, TRAINING
from minillm.labs.conflict.joint_training import JointTraining
from minillm.labs.remedy_kinds import KINDS, OTHERS


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 9.3 (G43).
    """
    return compared(STUDY, settings, seed)


EVEN, SCALED, NARROW = conditions(
    TRAINED,
    even=[0.3, 1.0, 0.3, 0.3, 0.3, 0.3, 0.3, 1.0, 0.3, 0.3, 1.0, 1.0],
    scaled=[1.0, 0.3, 0.3, 0.1, 1.0, 0.3, 1.0, 1.0, 0.3, 1.0, 1.0, 1.0],
    narrow=[0.3, 0.1, 0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.1, 0.1],
)
STUDY = replace(
    aspects.STUDY,
    name="aspects_sgd",
    settings=Settings(EVEN, SCALED, NARROW, JointTraining("sgd", steps=150)),
    measure=measure,
    remedies=TRAINING,
    kinds=dict.fromkeys([*TRAINING][1:], OTHERS),
    untried=dict.fromkeys([kind for kind in KINDS if kind != OTHERS], "tried under Adam"),
    template=aspects.TEMPLATE.replace('LAB = "aspects"', 'LAB = "aspects_sgd"'),
)
