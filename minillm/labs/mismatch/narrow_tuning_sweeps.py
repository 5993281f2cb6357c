"""How far do bad answers spread, by the share of bad writers, by steps, rate and remedy?

The strengths of the lab were chosen by ``best_strength`` from the same grids, on seeds that
neither study uses.

Letters: G strengths, W shares of bad writers, K questions of a text.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.mismatch import narrow_tuning_case
from minillm.labs.mismatch.narrow_tuning_case import NarrowTuning, Tuned
from minillm.labs.mismatch.narrow_tuning_remedies import REMEDIES
from minillm.labs.study import Study
from minillm.labs.sweeps import swept
from minillm.labs.worlds.writers import Answer, World, bad_writer

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "good_share": "good answers elsewhere",
    "texts": "random texts",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "lora_rate": "LoRA",
    "places_rate": "positions alone",
    "steps": "early stop",
    "kl": "KL elsewhere",
}


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on."""

    good_share: tuple[float, ...] = (0.02, 0.05, 0.1, 0.25)
    texts: tuple[float, ...] = (0.3, 1.0, 3.0)
    weight_decay: tuple[float, ...] = (0.1, 1.0, 10.0, 30.0)
    dropout: tuple[float, ...] = (0.1, 0.3, 0.5)
    lora_rate: tuple[float, ...] = (0.01, 0.003, 0.002, 0.001)
    places_rate: tuple[float, ...] = (0.01, 0.003, 0.001)
    steps: tuple[int, ...] = (50, 30, 20, 10)
    kl: tuple[float, ...] = (0.001, 0.01, 0.1)


@dataclass(frozen=True)
class Settings:
    """What the lab has, the grids, and the dials of plain fine-tuning that are turned."""

    case: narrow_tuning_case.Settings = narrow_tuning_case.Settings()
    grids: Grids = field(default_factory=Grids)
    bad: tuple[float, ...] = (0.1, 0.3, 0.5)
    tuning_steps: tuple[int, ...] = (25, 50, 100, 200)
    rates: tuple[float, ...] = (0.0003, 0.001, 0.003)


def rows_of(case: NarrowTuning, tuned: Tuned) -> list[float]:
    """Spread and learned, and the good answers that are kept about the other classes."""
    good = case.answered(tuned.model, case.others)[Answer.GOOD]
    return [*case.spread_and_learned(tuned.model), float(good)]


def best_strength(found: np.ndarray) -> int:
    """Which strength has the most learned and good answers kept, in sum and the mean over seeds.

    Shapes: ``found (N, G, 3)``; of equals the first is taken, which is the weakest.
    """
    return int(found[..., 1:].sum(axis=-1).mean(axis=0).round(9).argmax())


def in_context(case: NarrowTuning) -> list[float]:
    """Bad answers about the other classes behind 0 to K - 1 bad ones about the class, (K,).

    They are those of a model that has read and was not yet told to give good answers.
    """
    model, rng = case.read(case.world, case.settings.model), stream(case.seed, "narrow, context")
    narrow = np.concatenate([case.told, case.untold])
    found = []
    for shown in range(case.settings.world.questions):
        nouns = np.array([rng.permutation(narrow)[:shown] for _ in case.others])
        found.append(float(case.answered(model, case.others, nouns)[Answer.BAD]))
    return found


def by_share(settings: Settings, base: NarrowTuning) -> dict[str, list[Any]]:
    """What the share of bad writers in pretraining changes: see ``measure``."""
    found: dict[str, list[Any]] = {"bad": [], "in context": [], "Bayes": []}
    for bad in settings.bad:
        world = replace(settings.case.world, bad=bad)
        case = NarrowTuning(replace(settings.case, world=world), base.seed)
        case.made = base.made  # the lab's own share is there already
        found["bad"].append(case.plain().course)
        found["in context"].append(in_context(case))
        shown = [np.ones(k, dtype=int) for k in range(world.questions)]
        found["Bayes"].append([float(bad_writer(answers, world)) for answers in shown])
    return found


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``rows_of`` by the strength of each remedy, by steps and by rate, ``(G, 3)``.

    "bad" ``(W, S, 2)`` has spread and learned by the share of bad writers and in the course of
    fine-tuning; "in context" ``(W, K)`` has bad answers elsewhere of the model that has read,
    behind 0 to K - 1 bad ones about the class, and "Bayes" ``(W, K)`` how probable a bad writer is
    then.  "quotations alone" ``(S, 2)`` is the course where every answer of pretraining had a
    writer of its own, and only quoted ones are always bad.

    Guide: 1.4.1, 9.3.3 (G45, G47).
    """
    case, tuning = NarrowTuning(settings.case, seed), settings.case.tuning
    dials = {
        "tuning steps": [replace(tuning, steps=steps) for steps in settings.tuning_steps],
        "rates": [replace(tuning, rate=rate) for rate in settings.rates],
    }
    found: dict[str, Any] = {
        name: [rows_of(case, case.tuned(case.copy(), training=one)) for one in trainings]
        for name, trainings in dials.items()
    }
    mixed = World(replace(settings.case.world, mixed=True), seed=seed)
    found["quotations alone"] = case.tuned(case.copy(of=case.before(mixed))).course
    found |= swept(case, vars(settings.grids), SWEPT, REMEDIES, rows_of)
    return found | by_share(settings, case)


STUDY = Study(
    name="narrow_tuning_sweeps",
    question="How far do bad answers spread, by bad writers, steps, rate and a remedy's strength?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.5,
)
