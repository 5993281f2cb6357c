"""How strong must a remedy against confident answers be that nobody can know?

The strengths of the lab were chosen by ``best_strength`` from these grids, on seeds that it does
not use: first the steps of the baseline, then all others with those steps.

Letters: G strengths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.mismatch import hallucination_case
from minillm.labs.mismatch.hallucination import evaluate
from minillm.labs.mismatch.hallucination_case import Hallucination
from minillm.labs.mismatch.hallucination_remedies import REMEDIES
from minillm.labs.mismatch.lexicon_readers import Reader
from minillm.labs.sweeps import swept

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "steps": "none",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "smoothing": "label smoothing",
    "asked_dropout": "asked with dropout",
    "kept": "abstention",
    "unknown_share": "tuned to say unknown",
    "new_steps": "new facts in tuning",
}
ROWS = ["right on known", "confident error"]


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on.

    Four for each; where the best was at an end, one more was tried behind it.
    """

    steps: tuple[int, ...] = (150, 300, 600, 1200)
    weight_decay: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0)
    dropout: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2)
    smoothing: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4, 0.6)
    asked_dropout: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2)
    kept: tuple[float, ...] = (0.99, 0.95, 0.9, 0.8)
    unknown_share: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75)
    new_steps: tuple[int, ...] = (6, 12, 25, 50, 100)


@dataclass(frozen=True)
class Settings:
    """What the lab of the unknown lands has, and the grids."""

    case: hallucination_case.Settings = hallucination_case.Settings()
    grids: Grids = field(default_factory=Grids)


def rows_of(case: Hallucination, reader: Reader) -> list[float]:
    """The share of right answers about known lands, and of confident errors about unknown ones."""
    found = evaluate(case, reader)
    return [float(found[row]) for row in ROWS]


def best_strength(found: np.ndarray) -> int:
    """Which strength has the highest right on known minus confident error, mean over all seeds.

    Shapes: ``found (N, G, 2)``; of equals the first is taken, which is the weakest.
    """
    means = (found[..., 0] - found[..., 1]).mean(axis=0)
    return int((means >= means.max() - 1e-9).argmax())


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``ROWS`` by the strength of each remedy, ``(G, 2)``.

    "steps, temperature" is the same by the steps of the baseline whose scores are cooled.

    Guide: 9.3.3 (G47).
    """
    case, grids = Hallucination(settings.case, seed), settings.grids
    found = swept(case, vars(grids), SWEPT, REMEDIES, rows_of)
    trained = [case.with_strengths(steps=steps) for steps in grids.steps]
    cooled = [rows_of(one, REMEDIES["temperature"](one)) for one in trained]
    return {**found, "steps, temperature": cooled}


SETTINGS = Settings()
