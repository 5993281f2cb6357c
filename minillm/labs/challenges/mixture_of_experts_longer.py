"""The same as ``mixture_of_experts`` with three times the steps, and a rate for each arm.

After 1000 steps models of every arm are caught on a plateau in some seeds, which hides what is
asked.  After 3000, on the seed by which the rates were chosen, no arm was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from minillm.labs.challenges import mixture_of_experts as shorter
from minillm.labs.study import Study

SHORTER = shorter.Settings()
LONGER = replace(SHORTER, training=replace(SHORTER.training, steps=3000))


@dataclass(frozen=True)
class Settings:
    """The settings of the shorter study with more steps, and the rates of its arms.

    Each arm has the rate with its least excess on seed 100, which the study does not use, where
    every cluster has a table of its own; of 0.005, 0.01, 0.02, 0.04 and, since the best of some
    arms were at an end of these, 0.08.  In the order of the rates the network of equal operations
    ended at 0.154, 0.041, 0.019, 0.012 and 0.356, that of equal numbers at 0.034, 0.020, 0.015,
    0.018 and 0.013, experts with the balance loss at 0.020, 0.037, 0.028, 0.017 and 0.047, and
    without at 0.025, 0.017, 0.017, 0.019 and 0.313.
    """

    case: shorter.Settings = LONGER
    rates: tuple[float, ...] = (0.04, 0.08, 0.04, 0.02)


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``mixture_of_experts.measure``, in the same shapes."""
    s, dials = settings, range(len(settings.case.own))
    found = [shorter.of_dial(s.case, seed, dial, s.rates) for dial in dials]
    return {name: [one[name] for one in found] for name in found[0]}


STUDY = Study(
    name="mixture_of_experts_longer",
    question="What do experts gain over one network after three times as many steps?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.2,
)
