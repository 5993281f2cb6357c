"""How strong must a remedy against a tag be?  The strengths of ``sst2_shortcut`` come from here.

They were chosen by ``best_strength`` on the dev sentences of SST-2 and on seeds that the study does
not use: first the updates of the baseline, then all others with those.  The rule looks at dev
sentences whose tags are free; who has none to look at cannot choose as well.

Letters: A agreements, G strengths, N seeds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.real_text import sst2, sst2_shortcut_case
from minillm.labs.real_text.sst2_shortcut import evaluate
from minillm.labs.real_text.sst2_shortcut_case import TaggedReviews, TagReader
from minillm.labs.real_text.sst2_shortcut_remedies import REMEDIES
from minillm.labs.study import Study
from minillm.labs.sweeps import swept
from minillm.labs.worlds.public import PublicFile

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "updates": "none",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "target_share": "target sentences",
    "l2": "bag of words",
    "l2_masked": "bag of words, tag masked",
}


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on.

    Where the best was the weakest, weaker ones were tried; the updates end where a seed of the
    study takes more than a minute.
    """

    updates: tuple[int, ...] = (100, 200, 400)
    weight_decay: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0)
    dropout: tuple[float, ...] = (0.02, 0.05, 0.1, 0.3)
    target_share: tuple[float, ...] = (0.02, 0.05, 0.1, 0.25, 0.5)
    l2: tuple[float, ...] = (0.00001, 0.00003, 0.0001, 0.0003, 0.001)
    l2_masked: tuple[float, ...] = (0.0001, 0.0003, 0.001, 0.003, 0.01)


@dataclass(frozen=True)
class Settings(sst2_shortcut_case.Settings):
    """What the study has, but dev in the place of test; and the grids."""

    asked: PublicFile = sst2.Settings.dev
    grids: Grids = field(default_factory=Grids)


def numbers_of(case: TaggedReviews, readers: list[TagReader]) -> list[float]:
    """The worst group of each agreement."""
    return [float(x) for x in evaluate(case, readers)["worst group"]]


def best_strength(found: np.ndarray) -> int:
    """Which strength has the best worst group, mean over seeds and agreements.

    Shapes: ``found (N, G, A)``; of equals the first is taken, which is the weakest.
    """
    return int(found.mean(axis=(0, 2)).argmax())


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The worst group by the strength of each remedy and by agreement, ``(G, A)``.

    Guide: 9.3.3 (G47).
    """
    case = TaggedReviews(settings, seed)
    return swept(case, vars(settings.grids), SWEPT, REMEDIES, numbers_of)


STUDY = Study(
    name="sst2_shortcut_sweeps",
    question="How does the worst group of tagged reviews change with a remedy's strength?",
    settings=Settings(),
    measure=measure,
    seeds=(100, 101),
    tolerance=0.15,
)
