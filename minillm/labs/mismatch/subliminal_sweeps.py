"""How does a hidden trait pass with what is told, how long, and how near both starts are?

The strengths of the lab were chosen from the same grids on seeds that neither study uses: first
the steps of the baseline by ``most_agreeing``, then all others by ``best_strength``.

Letters: G strengths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.mismatch import subliminal_case
from minillm.labs.mismatch.subliminal import evaluate
from minillm.labs.mismatch.subliminal_case import Subliminal
from minillm.labs.mismatch.subliminal_network import Network
from minillm.labs.mismatch.subliminal_remedies import REMEDIES, start_between
from minillm.labs.study import Study
from minillm.labs.sweeps import swept

# the remedy whose strength a field of ``Grids`` holds; an early stop chooses among the steps, too
SWEPT = {
    "steps": "none",
    "images": "fewer pictures",
    "outputs": "fewer outputs",
    "left_out": "cleaning",
    "blurred": "noise on what is told",
    "tossed_share": "tossed digits in training",
    "tossed_steps": "tuned on tossed digits",
    "weight_decay": "weight decay",
    "dropout": "dropout",
}
ROWS = ["trait", "agreement"]


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on; the steps of a training upwards.

    Four for each; where the best was at an end, one more was tried behind it.  The baseline's most
    steps are what the lab's time allows.
    """

    steps: tuple[int, ...] = (60, 125, 250, 500, 1000)
    images: tuple[int, ...] = (4000, 1000, 250, 60)
    outputs: tuple[int, ...] = (4, 3, 2, 1)
    left_out: tuple[float, ...] = (0.25, 0.5, 0.75, 0.9, 0.97)
    blurred: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0)
    tossed_share: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3)
    tossed_steps: tuple[int, ...] = (5, 10, 20, 50, 200)
    weight_decay: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0, 3.0)
    dropout: tuple[float, ...] = (0.05, 0.1, 0.3, 0.5, 0.7)


@dataclass(frozen=True)
class Settings:
    """What the lab of hidden traits has, the grids, and how far the student's start may lie."""

    case: subliminal_case.Settings = subliminal_case.Settings()
    grids: Grids = field(default_factory=Grids)
    distances: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)


def rows_of(case: Subliminal, student: Network) -> list[float]:
    """Trait and agreement of a student."""
    found = evaluate(case, student)
    return [float(found[row]) for row in ROWS]


def best_strength(found: np.ndarray) -> int:
    """Which strength has the highest agreement minus trait, mean over seeds.

    Shapes: ``found (N, G, 2)``; of equals the first is taken, which is the weakest.
    """
    return int((found[..., 1] - found[..., 0]).mean(axis=0).argmax())


def most_agreeing(found: np.ndarray) -> int:
    """Which has the highest agreement, mean over seeds, (N, G, 2); the first of equals."""
    return int(found[..., 1].mean(axis=0).argmax())


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``ROWS`` by the strength of each remedy and by the distance of both starts, ``(G, 2)``.

    Guide: 1.4.1, 9.3.3 (G45, G47).
    """
    case = Subliminal(settings.case, seed)
    found: dict[str, Any] = swept(case, vars(settings.grids), SWEPT, REMEDIES, rows_of)
    by_distance = [rows_of(case, start_between(case, far)) for far in settings.distances]
    return found | {"distance": by_distance}


STUDY = Study(
    name="subliminal_sweeps",
    question="How does a hidden trait pass with what is told, how long, and how near starts are?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
