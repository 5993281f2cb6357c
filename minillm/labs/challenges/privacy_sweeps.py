"""How strong must a remedy be that is to keep what a model was trained on?

The strengths of the lab were chosen by ``best_strength`` from these grids, on seeds that it does
not use.

Letters: G strengths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.challenges import privacy_case
from minillm.labs.challenges.privacy import evaluate
from minillm.labs.challenges.privacy_case import Privacy, Speaker
from minillm.labs.challenges.privacy_remedies import REMEDIES
from minillm.labs.sweeps import swept

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "early": "early stop",
    "clip": "epsilon 8",
    "rate_8": "epsilon 8",
    "rate_2": "epsilon 2",
    "public_rate": "epsilon 2 behind public texts",
}
ROWS = ["loss, others", "exposure", "AUC"]


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on.

    Three for each; where the best was at an end, one more was tried behind it.  The clip was tried
    at a rate of 0.003: Adam divides by the length of a gradient, and so by the clip.
    """

    weight_decay: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    dropout: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)
    early: tuple[int, ...] = (200, 100, 50)
    clip: tuple[float, ...] = (3.0, 1.0, 0.3)
    rate_8: tuple[float, ...] = (0.03, 0.015, 0.008, 0.004)
    rate_2: tuple[float, ...] = (0.06, 0.03, 0.015, 0.008)
    public_rate: tuple[float, ...] = (0.008, 0.003, 0.001, 0.0003)


@dataclass(frozen=True)
class Settings:
    """What the lab of the canaries has, and the grids."""

    case: privacy_case.Settings = privacy_case.Settings()
    grids: Grids = field(default_factory=Grids)


def rows_of(case: Privacy, model: Speaker) -> list[float]:
    """The loss on others, the exposure of what was told, the AUC of the attack."""
    found = evaluate(case, model)
    return [float(found[row]) for row in ROWS]


def best_strength(found: np.ndarray, most_bits: float) -> int:
    """Which strength has the lowest loss plus exposure / log2 R, mean over all seeds.

    Shapes: ``found (N, G, 3)``; of equals the first is taken, which is the weakest.
    """
    means = (found[..., 0] + found[..., 1] / most_bits).mean(axis=0)
    return int((means <= means.min() + 1e-9).argmax())


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``ROWS`` by the strength of each remedy, ``(G, 3)``.

    Guide: 8.2.2, 9.3.3 (G47, G54).
    """
    case, grids = Privacy(settings.case, seed), settings.grids
    return swept(case, vars(grids), SWEPT, REMEDIES, rows_of)


SETTINGS = Settings()
