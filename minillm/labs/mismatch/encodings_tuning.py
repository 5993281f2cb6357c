"""How strong the remedies of the lab of encodings are: the grids, and the rule that chose.

The rule is used on the seeds 100 and 101, which no study measures: first for the rate of the
baseline, then with it for all others.

Letters: N seeds, G strengths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minillm.labs.mismatch.encodings import evaluate
from minillm.labs.mismatch.encodings_case import Answering, Encodings, Settings
from minillm.labs.mismatch.encodings_remedies import REMEDIES
from minillm.labs.sweeps import swept

# the strengths that were tried, from the weakest on, and of which remedy each is
GRIDS: dict[str, Sequence[Any]] = {
    "rate": (0.005, 0.01, 0.02, 0.04),
    "longer": (2, 3),
    "weight_decay": (0.1, 1.0, 3.0),
    "dropout": (0.05, 0.1, 0.2),
    "kl": (0.1, 1.0),
    "short": (25, 50, 100),
    "wider_rate": (0.005, 0.01),
    "no_attention_rate": (0.003, 0.01),
    "no_residuals_rate": (0.003, 0.01),
}
SWEPT = {
    "rate": "none",
    "longer": "longer stage",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "kl": "KL to base",
    "short": "ten in c2",
    "wider_rate": "wider",
    "no_attention_rate": "without attention",
    "no_residuals_rate": "without residuals",
}
ROWS = ["discrimination, c2", "refused, plain", "helpful"]


def rows_of(case: Encodings, answering: Answering) -> list[float]:
    """The numbers that the rule looks at."""
    found = evaluate(case, answering)
    return [float(found[row]) for row in ROWS]


def tried(
    settings: Settings, grids: Mapping[str, Sequence[Any]], seed: int
) -> dict[str, list[list[float]]]:
    """``ROWS`` by the strength of each of these remedies, ``(G, 3)``."""
    return swept(Encodings(settings, seed), grids, SWEPT, REMEDIES, rows_of)


def best_strength(found: np.ndarray, *, able: float) -> int:
    """Which strength the rule of the lab chooses.

    Shapes: ``found (N, G, 3)``, as in ``ROWS``.  Able is who refuses and helps in this share of
    cases with every seed; of the able the one with the highest discrimination in c2 is taken, and
    where nobody is, the one with the highest mean of refused and helpful.  Of equals the first is
    taken, which is the weakest.
    """
    ables = (found[..., 1:] >= able).all(axis=(0, 2))
    if not ables.any():
        return int(found[..., 1:].mean(axis=(0, 2)).argmax())
    return int(np.where(ables, found[..., 0].mean(axis=0), -np.inf).argmax())
