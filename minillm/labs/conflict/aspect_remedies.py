"""What may be done where two tasks that can be solved together get in each other's way.

Each remedy is given a case and gives a model for each of its conditions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from minillm.labs.conflict.aspect_case import AspectCase, Readers
from minillm.labs.conflict.joint_training import (
    Losses,
    Way,
    aggregated,
    famo,
    grad_norm,
    uncertain,
    weighted,
)
from minillm.labs.conflict.two_tasks import Sizes, exact

SURGERY = ("PCGrad", "MGDA", "MGDA, normalised", "CAGrad", "IMTL-G", "Nash-MTL", "Aligned-MTL")
BALANCING: dict[str, Callable[[Losses], Way]] = {
    "uncertainty weights": uncertain,
    "GradNorm": grad_norm,
    "FAMO": famo,
}
TRAINED = ("sum", "best weight", *BALANCING, *SURGERY)  # they have rates of their own


def summed(losses: Losses) -> Way:
    """The plain sum of both losses."""
    return weighted(losses, (1.0, 1.0))


def plain(case: AspectCase) -> Readers:
    """The baseline."""
    return case.trained(summed, "sum")


def best_weight(case: AspectCase) -> Readers:
    """``w L_1 + (1 - w) L_2`` with the w that has the highest least accuracy in training.

    Each condition has its own w.  A model has seen every kind of sentence in training, so that its
    accuracy there is taken over all sentences.

    Source: Kurin et al. 2022, "In Defense of the Unitary Scalarization for Deep Multi-Task
        Learning", arXiv:2201.04122.
    """
    tried = [
        case.trained(partial(weighted, weights=(w, 1 - w)), "best weight")
        for w in case.settings.strengths.weights
    ]
    best = [
        max(models, key=lambda model: exact(model, case.every).accuracies.min())
        for models in zip(*tried, strict=True)
    ]
    return Readers(*best)


def balanced(name: str, case: AspectCase) -> Readers:
    """Weights of the losses that move in training."""
    return case.trained(BALANCING[name], name)


def by_gradients(name: str, case: AspectCase) -> Readers:
    """An aggregator of the gradients."""
    return case.trained(partial(aggregated, name=name), name)


def other_block(block: str, case: AspectCase) -> Readers:
    """A layer of which something is left out (remedy 1 of 9.3, taken away)."""
    return case.trained(summed, change=lambda sizes: replace(sizes, block=block))


def wider_encoder(case: AspectCase) -> Readers:
    """A wider encoder before the same neck (remedy 1 of 9.3)."""
    width = case.settings.strengths.width

    def change(sizes: Sizes) -> Sizes:
        return replace(sizes, width=width, hidden=sizes.hidden * width // sizes.width)

    return case.trained(summed, change=change)


def wider_neck(case: AspectCase) -> Readers:
    """More numbers are handed on to the heads (remedy 1 of 9.3)."""
    times = case.settings.strengths.neck
    return case.trained(summed, change=lambda sizes: replace(sizes, neck=times * sizes.neck))


def decayed(place: int, case: AspectCase) -> Readers:
    """Weight decay (remedy 3 of 9.3)."""
    return case.trained(summed, weight_decay=case.settings.strengths.decays[place])


def with_dropout(place: int, case: AspectCase) -> Readers:
    """Dropout in the layer and before the neck (remedy 3 of 9.3)."""
    rate = case.settings.strengths.dropouts[place]
    return case.trained(summed, change=lambda sizes: replace(sizes, dropout=rate))


TRAINING: dict[str, Callable[[Any], Readers]] = {
    "sum": plain,
    "best weight": best_weight,
    **{name: partial(balanced, name) for name in BALANCING},
    **{name: partial(by_gradients, name) for name in SURGERY},
}
MODEL: dict[str, Callable[[Any], Readers]] = {
    "without attention": partial(other_block, "without attention"),
    "without residuals": partial(other_block, "without residuals"),
    "wider encoder": wider_encoder,
    "wider neck": wider_neck,
    "less weight decay": partial(decayed, 0),
    "more weight decay": partial(decayed, 1),
    "less dropout": partial(with_dropout, 0),
    "more dropout": partial(with_dropout, 1),
}
