"""How strong must a remedy against longer texts be?

The strengths of the lab were chosen by ``best_strength`` from these grids, on seeds that the lab
does not use: first the steps of the baseline, then the rates, then all others with those.

Letters: G strengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.mismatch import length_case
from minillm.labs.mismatch.length import evaluate
from minillm.labs.mismatch.length_case import Length
from minillm.labs.mismatch.length_readers import Pair
from minillm.labs.mismatch.length_remedies import REMEDIES
from minillm.labs.sweeps import swept

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "steps": "none",
    "rate": "none",
    "sinusoidal_rate": "sinusoidal",
    "rotary_rate": "rotary",
    "alibi_rate": "ALiBi",
    "none_rate": "no positions",
    "wider_rate": "wider model",
    "shifted_rate": "random offsets",
    "scattered_rate": "randomised positions",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "long_share": "200 long texts",
    "tuning_steps": "fine-tuned on 50 long",
}
Rates = tuple[float, ...]


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on; all rates have the same grid."""

    steps: tuple[int, ...] = (200, 400, 800)
    rate: Rates = (1e-3, 3e-3, 1e-2)
    sinusoidal_rate: Rates = (1e-3, 3e-3, 1e-2)
    rotary_rate: Rates = (1e-3, 3e-3, 1e-2)
    alibi_rate: Rates = (1e-3, 3e-3, 1e-2)
    none_rate: Rates = (1e-3, 3e-3, 1e-2)
    wider_rate: Rates = (1e-3, 3e-3, 1e-2)
    shifted_rate: Rates = (1e-3, 3e-3, 1e-2)
    scattered_rate: Rates = (1e-3, 3e-3, 1e-2)
    weight_decay: tuple[float, ...] = (0.1, 1.0, 10.0)
    dropout: tuple[float, ...] = (0.05, 0.1, 0.3)
    long_share: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5)
    tuning_steps: tuple[int, ...] = (10, 30, 100, 300)


@dataclass(frozen=True)
class Settings:
    """What the lab of lengths has, and the grids."""

    case: length_case.Settings = length_case.Settings()
    grids: Grids = field(default_factory=Grids)


def row_of(case: Length, pair: Pair) -> list[float]:
    """The accuracies of both tasks at every length, one behind the other."""
    return [value for row in evaluate(case, pair)["by length"] for value in row]


def best_strength(found: np.ndarray) -> int:
    """Which strength has the highest accuracy, mean over seeds, lengths and tasks.

    Shapes: ``found (N, G, 6)``; of equals the first is taken, which is the weakest.
    """
    return int(found.mean(axis=(0, 2)).argmax())


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The accuracies by the strength of each remedy, ``(G, 6)``."""
    return swept(Length(settings.case, seed), vars(settings.grids), SWEPT, REMEDIES, row_of)


def chosen(settings: Settings, seeds: Sequence[int]) -> dict[str, Any]:
    """The best strength of each remedy on some seeds."""
    found = [measure(settings, seed) for seed in seeds]
    grids = vars(settings.grids)
    return {
        name: grids[name][best_strength(np.array([one[name] for one in found]))] for name in grids
    }
