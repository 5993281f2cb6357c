"""What limits a model: its size, its steps, or its data, changed one at a time.

First a number of operations is given, and spent on GPTs of several depths: the larger the model,
the fewer texts it reads.  The best of them lies between too small and too few.  Then texts are
given, few or many, and the model is changed instead, in its depth, its steps, and both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.challenges.scaling import drawing, repeating
from minillm.labs.challenges.scaling_case import (
    Training,
    flops_of,
    learned,
    mistakes,
    new_learner,
    sized_for,
)
from minillm.labs.study import Study
from minillm.labs.worlds.ranked_facts import Facts, RankedFacts
from minillm.models.costs import block_matrices


@dataclass(frozen=True)
class Settings:
    """Operations, the depths that spend them and their rate; texts, and the ways to read them.

    Rates are chosen for each number of operations, of 0.005, 0.01, 0.02 and 0.04, by the mean loss
    on seeds 100 and 101, which the study does not use: of depths 1 to 3 for the fewest operations,
    1 to 4 for the next and 2 to 4 for the third; the most have the rate of the third.  Warmup is a
    share of the steps.  A way is a depth and its steps.
    """

    world: RankedFacts = RankedFacts(base=12, tail=0.3)
    training: Training = Training(batch=64)
    flops: tuple[float, ...] = (1.25e8, 5e8, 2e9, 8e9)
    depths: tuple[tuple[int, ...], ...] = ((1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4), (2, 3, 4, 5))
    rates: tuple[float, ...] = (0.02, 0.02, 0.01, 0.01)
    warmup: float = 0.05
    texts: tuple[int, ...] = (1000, 10_000)
    again: Training = Training()
    ways: tuple[tuple[int, int], ...] = ((2, 500), (2, 1500), (5, 500), (5, 1500))


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """Losses for given operations, and mistakes for given texts.

    ``loss``, ``parameters`` and ``steps`` are ``(flops, depths)``; ``best_parameters`` is where
    ``lowest`` finds the best size for each number of operations, ``best_texts`` how many texts a
    model of that size reads with them; the exponents are the slopes of their logarithms.
    ``mistakes (texts, ways)`` stand beside ``unseen (texts,)``, what nobody could know.

    Guide: 8.1.1 (G49).
    """
    return {**flops_part(settings, seed), **texts_part(settings, seed)}


def flops_part(settings: Settings, seed: int) -> dict[str, Any]:
    """What is said of given operations."""
    s = settings
    facts = Facts(s.world, seed=seed)
    found: dict[str, list[Any]] = {"parameters": [], "steps": [], "loss": []}
    best: list[tuple[float, float]] = []
    for flops, depths, rate in zip(s.flops, s.depths, s.rates, strict=True):
        given = replace(s.training, rate=rate)
        n = [block_matrices(sized_for(facts, d, given).config) for d in depths]
        steps = [max(round(flops / flops_of(facts, d, given)), 2) for d in depths]
        losses: list[float] = []
        for depth, number in zip(depths, steps, strict=True):
            training = replace(given, steps=number, warmup=round(s.warmup * number))
            model = new_learner(facts, depth, training, seed=seed, use=f"{flops:g} operations")
            draw = drawing(facts, stream(seed, f"texts for {flops:g} operations", depth))
            losses += learned(model, facts, depth, training, draw, 1)
        for name, row in (("parameters", n), ("steps", steps), ("loss", losses)):
            found[name].append(row)
        size = lowest(n, losses)
        best.append((size, s.training.batch * at_size(size, n, steps)))
    sizes, texts = np.transpose(best)
    return {
        **found,
        "best_parameters": sizes,
        "best_texts": texts,
        "exponent_of_parameters": slope(s.flops, sizes),
        "exponent_of_texts": slope(s.flops, texts),
    }


def lowest(n: Any, losses: Any) -> float:
    """The size of the lowest loss, between those that were tried::

        the vertex of the parabola through the lowest point and its two neighbours, in ln n

    The lowest point itself where it is the first or the last: the best size may lie beyond.

    Source: Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models",
        arXiv:2203.15556, section 3.2.
    Guide: 8.1.1 (G49).
    """
    x, y = np.log(np.asarray(n, dtype=np.float64)), np.asarray(losses)
    i = int(y.argmin())
    if i in (0, len(y) - 1):
        return float(np.exp(x[i]))
    square, line, _ = np.polyfit(x[i - 1 : i + 2], y[i - 1 : i + 2], 2)
    return float(np.exp(-line / (2.0 * square)))


def at_size(size: float, n: Any, steps: Any) -> float:
    """Steps for a size between others, along straight lines of the logarithms."""
    return float(np.exp(np.interp(np.log(size), np.log(n), np.log(steps))))


def slope(x: Any, y: Any) -> float:
    """a of the straight line ``ln y = a ln x + b`` by least squares."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def texts_part(settings: Settings, seed: int) -> dict[str, Any]:
    """What is said of given texts, all told rightly, again and again."""
    s = settings
    facts = Facts(replace(s.world, wrong=0.0), seed=seed)
    wrong: list[list[float]] = []
    for n in s.texts:
        keys, answers = facts.draw(n, stream(seed, "texts that are told again", n))
        row: list[float] = []
        for depth, steps in s.ways:
            training, use = replace(s.again, steps=steps), f"{n} texts, {steps} steps"
            model = new_learner(facts, depth, training, seed=seed, use=use)
            draw = repeating(keys, answers, stream(seed, f"batches of {use}", depth))
            looks = learned(model, facts, depth, training, draw, 1)
            row += [mistakes(model, facts) for _ in looks]
        wrong.append(row)
    return {"mistakes": wrong, "unseen": [facts.unseen(n) for n in s.texts]}


STUDY = Study(
    name="bottlenecks",
    question="Is it the size of a model, its steps or its data that limits it?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
