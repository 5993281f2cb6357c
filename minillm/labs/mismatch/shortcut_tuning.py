"""The strengths of the lab of the shortcut: one rule, and small grids, for all that has a strength.

``tuned`` chose them on seeds that the lab does not use.  The rule looks at labelled reviews in
which tags tell nothing, and that is the protocol "oracle": who has only reviews like those of
training cannot choose as well (``shortcut_selection``).

Letters: S seeds, G strengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minillm.backend import stream
from minillm.labs.compare import frozen
from minillm.labs.mismatch.shortcut_case import Settings, Shortcut
from minillm.labs.mismatch.shortcut_remedies import REMEDIES
from minillm.labs.small_encoder import SmallEncoder, scores
from minillm.labs.sweeps import chosen_in_turn
from minillm.labs.worlds.shortcuts import GROUPS, TaggedReviews
from minillm.tasks.metrics import worst_group_accuracy

# the remedy whose strength a field of ``Grids`` holds
SWEPT = {
    "steps": "none",
    "weight_decay": "weight decay",
    "dropout": "dropout",
    "word_dropout": "word dropout",
    "balanced_dropout": "balanced and dropout",
    "dro_rate": "group DRO",
    "dro_dropout": "group DRO and dropout",
    "irm": "IRM",
    "v_rex": "V-REx",
    "jtt_steps": "just train twice",
    "jtt_times": "just train twice",
    "refit": "last layer",
    "few_steps": "64 of target",
    "many_steps": "256 of target",
}


@dataclass(frozen=True)
class Grids:
    """The strengths of each remedy, from the weakest on.

    The steps end where ten seeds of all remedies cost ten minutes.
    """

    steps: tuple[int, ...] = (125, 250, 500)
    weight_decay: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    dropout: tuple[float, ...] = (0.05, 0.1, 0.3, 0.5)
    word_dropout: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6)
    balanced_dropout: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6)
    dro_rate: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0)
    dro_dropout: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6)
    irm: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)
    v_rex: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)
    jtt_steps: tuple[int, ...] = (30, 60, 125, 250)
    jtt_times: tuple[int, ...] = (5, 10, 20, 50)
    refit: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0)
    few_steps: tuple[int, ...] = (25, 50, 100, 200)
    many_steps: tuple[int, ...] = (25, 50, 100, 200)


def for_validation(case: Shortcut) -> TaggedReviews:
    """Reviews with clean labels in which tags tell nothing; none of them is in the lab's tests."""
    s = case.settings
    rng = stream(case.seed, "shortcut, for validation")
    found = s.world.draw(s.tested, (s.even,), 0.0, rng)
    frozen(*found)
    return found


def worst_group_of(model: SmallEncoder, asked: TaggedReviews) -> float:
    """The lowest accuracy of a group.

    Raises:
        ValueError: as ``worst_group_accuracy``.
    """
    named = scores(model, asked.ids).argmax(axis=1)
    return worst_group_accuracy(named, asked.labels, asked.groups, names=GROUPS)


def validated(case: Shortcut, model: SmallEncoder) -> list[float]:
    """The worst group of the reviews for validation."""
    asked = case.shared("for validation", lambda: for_validation(case))
    return [worst_group_of(model, asked)]


def best_strength(found: np.ndarray) -> int:
    """Which strength has the best worst group, mean over seeds; of equals the weakest.

    Shapes: ``found (S, G, 1)``.
    """
    return int(found.mean(axis=(0, 2)).argmax())


def tuned(
    settings: Settings, grids: Grids, seeds: Sequence[int]
) -> tuple[Settings, dict[str, np.ndarray]]:
    """The settings with the strengths that the rule chooses, and the worst groups, (S, G, 1).

    One strength after the other in the order of ``Grids``, each with those chosen before it.
    """
    cases = [Shortcut(settings, seed) for seed in seeds]
    return chosen_in_turn(
        cases, vars(grids), SWEPT, REMEDIES, validated, lambda at, _: best_strength(at)
    )
