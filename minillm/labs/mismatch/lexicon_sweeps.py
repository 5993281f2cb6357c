"""How strong must a remedy against words of another lexicon be?

The strengths of the lab were chosen by ``best_strength`` from the same grids, on seeds that
neither study uses: first the steps of the baseline, then all others with those steps.  The rule
looks at reviews of tools, of other seeds; who has none to look at cannot choose as well.

Letters: G strengths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.mismatch import lexicon_case
from minillm.labs.mismatch.lexicon import evaluate
from minillm.labs.mismatch.lexicon_case import Lexicon
from minillm.labs.mismatch.lexicon_readers import Reader
from minillm.labs.mismatch.lexicon_remedies import REMEDIES
from minillm.labs.study import Study
from minillm.labs.sweeps import swept

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "steps": "none",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "smoothing": "label smoothing",
    "word_dropout": "word dropout",
    "synonyms": "synonyms",
    "few_share": "32 of tools",
    "many_share": "128 of tools",
    "pretraining": "pretraining",
    "asked_dropout": "asked with dropout",
}
ROWS = ["accuracy, books", "accuracy", "calibration error, books", "calibration error"]


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on.

    Four for each; where the best was at an end, one more was tried behind it.
    """

    steps: tuple[int, ...] = (100, 200, 400, 800)
    weight_decay: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    dropout: tuple[float, ...] = (0.05, 0.1, 0.3, 0.5, 0.7)
    smoothing: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.4)
    word_dropout: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.85)
    synonyms: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)
    few_share: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5)
    many_share: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5)
    pretraining: tuple[int, ...] = (100, 200, 400, 800, 1600)
    asked_dropout: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.85)


@dataclass(frozen=True)
class Settings:
    """What the lab of the two lexicons has, and the grids."""

    case: lexicon_case.Settings = lexicon_case.Settings()
    grids: Grids = field(default_factory=Grids)


def rows_of(case: Lexicon, reader: Reader) -> list[float]:
    """Accuracy on books and on tools, and the calibration error on both."""
    found = evaluate(case, reader)
    return [float(found[row]) for row in ROWS]


def best_strength(found: np.ndarray) -> int:
    """Which strength has the highest accuracy minus calibration error, mean over seeds and ends.

    Shapes: ``found (N, G, 4)``; of equals the first is taken, which is the weakest.
    """
    return int((found[..., :2] - found[..., 2:]).mean(axis=(0, 2)).argmax())


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``ROWS`` by the strength of each remedy, ``(G, 4)``.

    Guide: 9.3.3 (G47).
    """
    return swept(Lexicon(settings.case, seed), vars(settings.grids), SWEPT, REMEDIES, rows_of)


STUDY = Study(
    name="lexicon_sweeps",
    question="How do accuracy and calibration error under a shift change with a remedy's strength?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
