"""The settings of the labs on two aspects, and what every remedy of them starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from minillm.autograd import Tensor
from minillm.labs.compare import Case, frozen
from minillm.labs.conflict.joint_training import JointTraining, Losses, Way, train
from minillm.labs.conflict.two_tasks import Sizes, TwoTasks
from minillm.labs.worlds.aspects import Aspects
from minillm.labs.worlds.listed import Listed, Rated
from minillm.training import DivergenceError

CONDITIONS = ["even", "scaled", "narrow"]


@dataclass(frozen=True)
class Condition:
    """What makes it hard: the width of the neck, and what the loss of the service is multiplied by.

    Training has ``times`` as many steps as the settings of the training say.  The narrow model has
    twice as many: with Adam's 100 a head could end with all signs wrong where both tasks have the
    same labels, so that the control failed on seed 0, and its rates were chosen again.
    ``rates`` has one for every remedy that changes the training, and that of the sum for all that
    change the model.
    """

    rates: Mapping[str, float]
    neck: int = 8
    scale: float = 1.0
    times: int = 1


@dataclass(frozen=True)
class Strengths:
    """How strong the remedies are that have a strength; a weight w of the food leaves 1 - w."""

    weights: tuple[float, ...] = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9)
    width: int = 64
    neck: int = 8  # times that of the condition
    decays: tuple[float, float] = (0.1, 1.0)
    dropouts: tuple[float, float] = (0.1, 0.3)


@dataclass(frozen=True)
class Settings:
    """The world, the model, its training, three conditions and the remedies."""

    even: Condition
    scaled: Condition
    narrow: Condition
    training: JointTraining
    world: Aspects = Aspects()
    sizes: Sizes = Sizes()
    strengths: Strengths = Strengths()


class Readers(NamedTuple):
    """What a remedy gives: a model for each condition."""

    even: TwoTasks
    scaled: TwoTasks
    narrow: TwoTasks


class AspectCase(Case):
    """The sentences of the world, and how a remedy trains on them."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        self.every: Listed = settings.world.every()
        frozen(self.every.ids, self.every.labels, self.every.chances)

    def condition(self, name: str) -> Condition:
        """One of the three."""
        found: Condition = getattr(self.settings, name)
        return found

    def trained(
        self,
        way: Callable[[Losses], Way],
        remedy: str = "",
        *,
        change: Callable[[Sizes], Sizes] | None = None,
        weight_decay: float | None = None,
    ) -> Readers:
        """A model for each condition; a ``remedy`` without a rate of its own has that of the sum.

        ``way`` makes of the losses what is trained; ``change`` makes other sizes of those that
        the condition asks for; a remedy may have a ``weight_decay`` of its own.
        """
        training = self.settings.training
        if weight_decay is not None:
            training = replace(training, weight_decay=weight_decay)
        models = []
        for name in CONDITIONS:
            c = self.condition(name)
            how = replace(training, steps=c.times * training.steps)
            sizes = replace(self.settings.sizes, neck=c.neck)
            model = self.model(change(sizes) if change else sizes)
            self.learn(model, way(scaled(model, c.scale)), how, rate_of(c, remedy))
            models.append(model)
        return Readers(*models)

    def model(self, sizes: Sizes) -> TwoTasks:
        """A model that knows nothing yet."""
        return TwoTasks(self.every, sizes, heads=2, seed=self.seed)

    def learn(self, model: TwoTasks, way: Way, how: JointTraining, rate: float) -> None:
        """Train; a model whose training diverges is as it was before."""
        start = model.state_dict()
        try:
            train(model, way, self.every, how, rate=rate, seed=self.seed)
        except DivergenceError:
            model.load_state_dict(start)


def scaled(model: TwoTasks, scale: float) -> Losses:
    """The losses of both tasks, the second one in another unit."""

    def losses(rated: Rated) -> list[Tensor]:
        food, service = model.losses(rated)
        return [food, service * scale]

    return losses


def rate_of(condition: Condition, remedy: str) -> float:
    """The rate of a remedy, or that of the sum."""
    return condition.rates.get(remedy, condition.rates["sum"])


def conditions(
    names: Sequence[str], even: Sequence[float], scaled: Sequence[float], narrow: Sequence[float]
) -> tuple[Condition, Condition, Condition]:
    """The three conditions, from the rates of the remedies in each."""
    by_name = [dict(zip(names, rates, strict=True)) for rates in (even, scaled, narrow)]
    return (
        Condition(by_name[0]),
        Condition(by_name[1], scale=0.01),
        Condition(by_name[2], neck=1, times=2),
    )
