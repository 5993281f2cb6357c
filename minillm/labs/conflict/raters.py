"""When do two objectives really conflict, and does any way of weighing them get around it?

Two raters judge a share d of all sentences differently, and one output has to serve both.  Which
pairs of losses can be had at all is known: ``L_1 = -d ln w, L_2 = -d ln(1 - w)``.  Measured is what
weighted sums reach of it, where each aggregator stops, and what the gradients show on the way.  In
a second world, of two aspects, both tasks can be solved at once, and gradients are opposite, too.

Letters: W weights, S steps, 2 tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.labs.conflict.joint_training import (
    AGGREGATORS,
    JointTraining,
    Way,
    aggregated,
    train,
    training,
    weighted,
)
from minillm.labs.conflict.two_tasks import Sizes, TwoTasks, exact, exact_gram
from minillm.labs.study import Study
from minillm.labs.worlds.aspects import Aspects
from minillm.labs.worlds.listed import Listed
from minillm.labs.worlds.raters import Raters, above_front, front
from minillm.training.objectives import (
    Aggregated,
    conflict,
    gaps,
    hypervolume,
    hypervolume_of_curve,
    share_of_conflicts,
)
from minillm.training.objectives.aggregators import lengths_of, mean


@dataclass(frozen=True)
class Stops:
    """How the aggregators are trained until they stop, and the rate of each.

    Of 0.003, 0.01 and 0.03 for Adam, of 0.03, 0.1, 0.3 and 1 for SGD, each has the one with which
    it ended nearest to the front, wherever on it, over seeds 100 and 101.  For Adam that was the
    largest one for all.
    """

    training: JointTraining
    rates: Mapping[str, float]


LONG_STEPS = ("MGDA, normalised", "Nash-MTL", "Aligned-MTL")  # of SGD
ADAM = Stops(JointTraining("adam", steps=300), dict.fromkeys(AGGREGATORS, 0.03))
SGD = Stops(
    JointTraining("sgd", steps=300), {way: 1.0 if way in LONG_STEPS else 0.3 for way in AGGREGATORS}
)


@dataclass(frozen=True)
class Settings:
    """Both worlds, the model, weights of the sums, their training by Adam, and the stops.

    With 300 steps and a rate of 0.01 (of 0.003 and 0.01) all weights were within 0.001 nats of the
    front on seed 100; with 150 steps the outer ones were 0.01 from it.
    """

    world: Raters = Raters()
    control: Aspects = Aspects()
    sizes: Sizes = Sizes()
    weights: tuple[float, ...] = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
    worst: tuple[float, float] = (1.0, 1.0)  # the reference of hypervolumes
    sums: JointTraining = JointTraining("adam", steps=300)
    rate: float = 0.01
    adam: Stops = field(default=ADAM)
    sgd: Stops = field(default=SGD)


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Losses of all weights and stops, with their distances, and what the gradients show.

    Guide: 1.4.1, 9.3 (G43).
    """
    s, every = settings, settings.world.every()
    found = swept(s, every, seed)
    for name, world, heads in (("raters", every, 1), ("aspects", s.control.every(), 2)):
        course = followed(s, world, heads, seed)
        found |= {f"{name}, {key}": value for key, value in course.items()}
    for name, stops in (("SGD", s.sgd), ("Adam", s.adam)):
        for way, rate in stops.rates.items():
            losses = stop(s, stops.training, every, way, rate, seed)
            found[f"{name}, {way}"] = losses
            found[f"{name}, {way}, above"] = above_front(losses, s.world.ambiguous)
    return found


def swept(settings: Settings, every: Listed, seed: int) -> dict[str, Any]:
    """What weighted sums reach: ``losses (W, 2)``, ``distance``, ``above`` and ``praise (W,)``.

    ``distance`` is the larger of both differences from the point that the weight has on the front,
    ``praise`` the mean probability that is given to ambiguous sentences.
    """
    s, losses, praise = settings, [], []
    ambiguous = every.labels[:, 0] != every.labels[:, 1]
    for w in s.weights:
        model = TwoTasks(every, s.sizes, heads=1, seed=seed)
        way = weighted(model.losses, (w, 1 - w))
        train(model, way, every, s.sums, rate=s.rate, seed=seed)
        one = exact(model, every)
        losses.append(one.losses)
        praise.append(one.praise[ambiguous].mean())
    known = front(np.array(s.weights), s.world.ambiguous)
    return {
        "losses": losses,
        "praise": praise,
        "distance": np.abs(losses - known).max(axis=1),
        "above": above_front(np.array(losses), s.world.ambiguous),
        "staircase": hypervolume(losses, s.worst),
        "curve": hypervolume_of_curve(losses, s.worst),
    }


def followed(settings: Settings, every: Listed, heads: int, seed: int) -> dict[str, Any]:
    """What the gradients of the mean show: ``cosines (S,)``, ``conflicting`` as a share of steps.

    ``gaps (2,)`` are what each loss is above its own optimum, 0, at the end; ``remaining (2, 2)``
    how long the exact gradients are, before and after; ``opposite`` their cosine at the end.
    """
    s, model = settings, TwoTasks(every, settings.sizes, heads=heads, seed=seed)
    before, both = exact_gram(model, every), Aggregated(mean)
    steps = training(model, Way(model.losses, both), every, s.sums, rate=s.rate, seed=seed)
    grams = [both.last.gram for _ in steps if both.last is not None]
    after = exact_gram(model, every)
    return {
        "cosines": [conflict(gram).least for gram in grams],
        "conflicting": share_of_conflicts(grams),
        "gaps": gaps(exact(model, every).losses.tolist(), (0.0, 0.0)),
        "remaining": [lengths_of(before), lengths_of(after)],
        "opposite": conflict(after).least,
    }


def stop(
    settings: Settings, how: JointTraining, every: Listed, way: str, rate: float, seed: int
) -> np.ndarray:
    """The losses (2,) at which an aggregator ends."""
    model = TwoTasks(every, settings.sizes, heads=1, seed=seed)
    train(model, aggregated(model.losses, way), every, how, rate=rate, seed=seed)
    return exact(model, every).losses


STUDY = Study(
    name="raters",
    question="Two raters judge some sentences differently: which pairs of losses can be had?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
