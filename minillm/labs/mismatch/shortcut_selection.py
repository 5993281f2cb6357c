"""Who may look where to choose a strength?  Three protocols against a shortcut, side by side.

Each method is trained with every strength of a grid; a protocol looks at some reviews, takes the
strength with the best accuracy there, and the worst group of what it took is measured::

    training-domain validation    reviews like those of training, held out
    leave-one-domain-out          each environment in turn, by models that learned the others
    oracle                        reviews like those of the test, in which tags tell nothing

Letters: G strengths, P protocols.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.labs.mismatch import shortcut_case
from minillm.labs.mismatch.shortcut_case import Shortcut, Strengths
from minillm.labs.mismatch.shortcut_objectives import GroupDRO, Irm, VRex
from minillm.labs.mismatch.shortcut_tuning import for_validation, worst_group_of
from minillm.labs.small_encoder import SmallEncoder, scores
from minillm.labs.study import Study
from minillm.labs.worlds.shortcuts import GROUPS, TaggedReviews
from minillm.tasks import accuracy
from minillm.training.robust import balanced_weights

PROTOCOLS = ["training-domain validation", "leave-one-domain-out", "oracle"]
Fit = Callable[[Shortcut, TaggedReviews, float], SmallEncoder]  # reviews and a strength -> a model


@dataclass(frozen=True)
class Grids:
    """The strengths of each method, from the weakest on."""

    dropout: tuple[float, ...] = (0.0, 0.2, 0.5)  # of the plain mean loss
    irm: tuple[float, ...] = (1.0, 10.0, 100.0)
    v_rex: tuple[float, ...] = (1.0, 10.0, 100.0)
    dro_dropout: tuple[float, ...] = (0.0, 0.2, 0.5)


@dataclass(frozen=True)
class Settings:
    """What the lab of the shortcut has, with a shorter training, and the grids."""

    case: shortcut_case.Settings = shortcut_case.Settings(strengths=Strengths(steps=300))
    held: int = 1000  # reviews like those of training, for validation
    grids: Grids = Grids()


def mean_loss(case: Shortcut, reviews: TaggedReviews, dropout: float) -> SmallEncoder:
    """The plain mean loss, with dropout."""
    return case.learned(reviews, model=replace(case.settings.model, dropout=dropout))


def irm(case: Shortcut, reviews: TaggedReviews, strength: float) -> SmallEncoder:
    """Invariant risk minimization."""
    return case.learned(reviews, objective=Irm(strength))


def v_rex(case: Shortcut, reviews: TaggedReviews, strength: float) -> SmallEncoder:
    """Risk extrapolation."""
    return case.learned(reviews, objective=VRex(strength))


def group_dro(case: Shortcut, reviews: TaggedReviews, dropout: float) -> SmallEncoder:
    """Group DRO over the groups of label and tag, with dropout."""
    return case.learned(
        reviews,
        weights=balanced_weights(reviews.groups, GROUPS),
        objective=GroupDRO(case.settings.strengths.dro_rate),
        model=replace(case.settings.model, dropout=dropout),
    )


# the method whose strength a field of ``Grids`` holds
METHODS: dict[str, tuple[str, Fit]] = {
    "dropout": ("mean loss", mean_loss),
    "irm": ("IRM", irm),
    "v_rex": ("V-REx", v_rex),
    "dro_dropout": ("group DRO", group_dro),
}


def environment(reviews: TaggedReviews, kind: int, *, without: bool = False) -> TaggedReviews:
    """The reviews of an environment, or all others; what is left is numbered anew from 0."""
    found = reviews.only((reviews.environments == kind) != without)
    _, numbers = np.unique(found.environments, return_inverse=True)
    return found._replace(environments=numbers)


def right(model: SmallEncoder, asked: TaggedReviews) -> float:
    """The accuracy on labels as told."""
    return accuracy(scores(model, asked.ids).argmax(axis=1), asked.labels)


def left_out(case: Shortcut, fit: Fit, strength: float) -> float:
    """The mean accuracy on each environment, of a model that learned the others."""
    found = []
    for kind in range(len(case.settings.agreements)):
        model = fit(case, environment(case.reviews, kind, without=True), strength)
        found.append(right(model, environment(case.reviews, kind)))
    return float(np.mean(found))


def chosen(looks: np.ndarray) -> list[int]:
    """Which strength each protocol takes: the best it sees, of equals the weakest.

    Shapes: ``looks (G, P)``.
    """
    return [int(place) for place in looks.argmax(axis=0)]


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Of each method what the protocols see, and how good their choice is.

    "METHOD: looks" ``(G, P)`` are the accuracies that a protocol sees of each strength, "METHOD:
    by strength" ``(G,)`` the worst groups of the test, and "METHOD: worst group" ``(P,)`` those
    of the strengths chosen.

    Source: Gulrajani & Lopez-Paz 2021, "In Search of Lost Domain Generalization",
        arXiv:2007.01434, on the protocols.
    Guide: 1.4.1 (G45).
    """
    case, found = Shortcut(settings.case, seed), dict[str, Any]()
    held = case.told(settings.held, settings.case.agreements, "held out")
    even = for_validation(case)
    for name, (method, fit) in METHODS.items():
        grid = getattr(settings.grids, name)
        models = [fit(case, case.reviews, strength) for strength in grid]
        looks = np.array(
            [
                [right(model, held), left_out(case, fit, strength), right(model, even)]
                for model, strength in zip(models, grid, strict=True)
            ]
        )
        worst = [worst_group_of(model, case.tested["balanced"]) for model in models]
        found[f"{method}: looks"] = looks
        found[f"{method}: by strength"] = worst
        found[f"{method}: worst group"] = [worst[place] for place in chosen(looks)]
    return found


STUDY = Study(
    name="shortcut_selection",
    question="Who chooses a remedy's strength without reviews of the test: what does it cost?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
