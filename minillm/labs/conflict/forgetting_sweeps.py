"""How strong must a remedy against forgetting be?  And what happens in fine-tuning, step by step?

The strengths of the lab of forgetting were chosen by ``best_strength`` from the same grids, on
seeds that neither study uses.

Letters: G strengths, S steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.conflict import forgetting_case
from minillm.labs.conflict.forgetting_case import Forgetting, examined, gradient_cosine
from minillm.labs.conflict.forgetting_remedies import REMEDIES
from minillm.labs.study import Study
from minillm.labs.sweeps import swept
from minillm.models.gpt import Gpt

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "replay": "replay, least",
    "kl_old": "KL on questions of A",
    "kl_new": "KL on questions of B",
    "l2_sp": "L2-SP",
    "ewc": "EWC",
    "ewc_soft": "EWC, temperature",
    "lora": "LoRA",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "rate": "lower rate",
    "steps": "fewer steps",
    "output_rate": "output layer alone",
}


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on."""

    replay: tuple[float, ...] = (0.02, 0.05, 0.1, 0.25, 0.5)
    kl_old: tuple[float, ...] = (0.1, 1.0, 10.0)
    kl_new: tuple[float, ...] = (0.1, 0.15, 0.2, 0.25, 0.3)
    l2_sp: tuple[float, ...] = (0.1, 1.0, 3.0, 10.0)
    ewc: tuple[float, ...] = (1e6, 1e7, 1e8, 1e9)
    ewc_soft: tuple[float, ...] = (1e3, 3e3, 1e4, 3e4)
    lora: tuple[int, ...] = (16, 8, 4, 2, 1)
    weight_decay: tuple[float, ...] = (0.1, 1.0, 10.0, 30.0)
    dropout: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6)
    rate: tuple[float, ...] = (1e-3, 5e-4, 3e-4, 1e-4)
    steps: tuple[int, ...] = (50, 25, 12, 6)
    output_rate: tuple[float, ...] = (1e-2, 5e-3, 3e-3, 1e-3)


@dataclass(frozen=True)
class Settings:
    """What the lab of forgetting has, the grids, and the steps after which it is asked."""

    case: forgetting_case.Settings = forgetting_case.Settings()
    grids: Grids = field(default_factory=Grids)
    asked: tuple[int, ...] = (0, 1, 2, 3, 5, 8, 12, 16, 20, 30, 50, 100)


def kept_and_learned(case: Forgetting, model: Gpt) -> list[float]:
    """The shares of right answers on the facts that differ, in world A and in world B."""
    old, new = (examined(model, facts).right for facts in (case.old, case.new))
    return [float(right[case.world.changed].mean()) for right in (old, new)]


def course(case: Forgetting, asked: tuple[int, ...]) -> list[list[float]]:
    """What plain fine-tuning does, after so many steps.

    Kept, learned, and the cosine of both gradients, of the facts that differ and of all.
    """
    model, found = case.copy(), []
    differ = [facts.only(case.world.changed) for facts in (case.old, case.new)]
    steps = iter(case.steps(model))
    for step in range(max(asked) + 1):
        if step in asked:
            cosines = [gradient_cosine(model, pair) for pair in (differ, [case.old, case.new])]
            found.append([*kept_and_learned(case, model), *cosines])
        next(steps, None)
    return found


def best_strength(found: np.ndarray) -> int:
    """Which strength has the highest harmonic mean of kept and learned, over all seeds.

    Shapes: ``found (N, G, 2)``; of equals the first is taken, which is the weakest.
    """
    kept, learned = found[..., 0], found[..., 1]
    both = kept + learned
    harmonic = np.where(both > 0, 2 * kept * learned / np.where(both > 0, both, 1.0), 0.0)
    return int(harmonic.mean(axis=0).argmax())


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Kept and learned by the strength of each remedy, ``(G, 2)``, and the ``course (S, 4)``.

    Guide: 1.4.1, 9.3 (G43).
    """
    case = Forgetting(settings.case, seed)
    shares = [(share,) for share in settings.grids.replay]  # one of the three that the lab has
    grids = {**vars(settings.grids), "replay": shares}
    found = swept(case, grids, SWEPT, REMEDIES, kept_and_learned)
    return {"course": course(case, settings.asked), **found}


STUDY = Study(
    name="forgetting_sweeps",
    question="How strong must a remedy against forgetting be, and what does it cost?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.5,
)
