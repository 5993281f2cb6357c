"""The strengths of all who read claims: one rule, and small grids, for every reader.

The rule looks at other claims of the same leak as those that were learned, since who has learned
has no others: the mean accuracy over seeds that the study does not use and all leaks decides, and
of equals the weakest wins.

Letters: L leaks, G strengths, S seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from minillm.backend import stream
from minillm.labs.mismatch.claims_readers import BAGS, PARTS, Answers, Settings, bag, encoders
from minillm.labs.worlds.claims import Checked
from minillm.tasks import accuracy

# the reader whose strength a field of ``Grids`` and of ``Strengths`` holds
TUNED = dict(zip(("whole", "claim", "evidence", "bag", "apart"), (*PARTS, *BAGS), strict=True))


@dataclass(frozen=True)
class Grids:
    """The strengths of each reader, from the weakest on.

    The steps end where a study of five seeds costs five minutes.  Who sees all and the bag of words
    are best at the ends of their grids: with more they might be better still.
    """

    whole: tuple[int, ...] = (500, 1000, 1500)
    claim: tuple[int, ...] = (500, 1000, 1500)
    evidence: tuple[int, ...] = (500, 1000, 1500)
    bag: tuple[float, ...] = (0.1, 0.01, 0.001, 0.0001)
    apart: tuple[float, ...] = (0.1, 0.01, 0.001, 0.0001)


def validated(settings: Settings, grids: Grids, seed: int) -> dict[str, np.ndarray]:
    """Accuracy on claims for validation, by reader, (L, G)."""
    found: dict[str, list[list[float]]] = {name: [] for name in TUNED}
    for leak in settings.leaks:
        rng = stream(seed, f"claims for validation, {leak}")
        learned, held = (settings.world.draw(n, leak, rng) for n in (settings.learned,) * 2)
        for field, name in TUNED.items():
            values = getattr(grids, field)
            found[field].append(
                [right(one, held) for one in encoders(settings, name, learned, seed, values)]
                if name in PARTS
                else [right(bag(settings, name, learned, l2), held) for l2 in values]
            )
    return {name: np.array(rows) for name, rows in found.items()}


def right(answers: Answers, asked: Checked) -> float:
    """The share of claims whose label is said."""
    return accuracy(answers(asked), asked.labels)


def best_strength(found: np.ndarray) -> int:
    """Which strength is most accurate, mean over seeds and leaks; of equals the weakest.

    Shapes: ``found (S, L, G)``.
    """
    return int(found.mean(axis=(0, 1)).argmax())


def tuned(
    settings: Settings, grids: Grids, seeds: Sequence[int]
) -> tuple[Settings, dict[str, np.ndarray]]:
    """The settings with the strengths that the rule chooses, and what it saw, (S, L, G)."""
    rows = [validated(settings, grids, seed) for seed in seeds]
    found = {one.name: np.array([row[one.name] for row in rows]) for one in fields(grids)}
    chosen = {name: getattr(grids, name)[best_strength(at)] for name, at in found.items()}
    return replace(settings, strengths=replace(settings.strengths, **chosen)), found
