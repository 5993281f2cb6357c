"""How strong must a remedy against wrong labels be?

The strengths of the lab were chosen by ``best_strength`` from the same grids, on seeds that
neither study uses.

Letters: G strengths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.regularization import label_noise_case
from minillm.labs.regularization.label_noise import evaluate
from minillm.labs.regularization.label_noise_case import LabelNoise
from minillm.labs.regularization.label_noise_remedies import REMEDIES
from minillm.labs.small_encoder import SmallEncoder
from minillm.labs.study import Study
from minillm.labs.sweeps import swept

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "steps": "early stop",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "smoothing": "label smoothing",
    "word_dropout": "word dropout",
    "threshold": "cleaning",
}
ROWS = ["accuracy", "membership", "learned", "calibration error"]


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on."""

    steps: tuple[int, ...] = (200, 100, 50, 25)
    weight_decay: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0)
    dropout: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.8)
    smoothing: tuple[float, ...] = (0.05, 0.1, 0.3)
    word_dropout: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7)
    threshold: tuple[float, ...] = (0.03, 0.1, 0.3, 0.5)


@dataclass(frozen=True)
class Settings:
    """What the lab of wrong labels has, and the grids."""

    case: label_noise_case.Settings = label_noise_case.Settings()
    grids: Grids = field(default_factory=Grids)


def rows_of(case: LabelNoise, model: SmallEncoder) -> list[float]:
    """Accuracy, membership, learned and calibration error of a model."""
    found = evaluate(case, model)
    return [float(found[row]) for row in ROWS]


def best_strength(found: np.ndarray) -> int:
    """Which strength has the highest accuracy minus membership, mean over seeds.

    Shapes: ``found (N, G, 4)``; of equals the first is taken, which is the weakest.
    """
    return int((found[..., 0] - found[..., 1]).mean(axis=0).argmax())


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``ROWS`` by the strength of each remedy, ``(G, 4)``, and those of "none (4,)".

    Guide: 9.3.3 (G47).
    """
    case = LabelNoise(settings.case, seed)
    none = {"none": rows_of(case, case.plain())}
    return none | swept(case, vars(settings.grids), SWEPT, REMEDIES, rows_of)


STUDY = Study(
    name="label_noise_sweeps",
    question="How do accuracy and the attack on membership change with the strength of a remedy?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
