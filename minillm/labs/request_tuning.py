"""Fine-tuning on a few examples as an attack: what it does to refusals, step by step.

Letters: S numbers of steps, K behaviours (refused, payload, other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minillm.backend import stream
from minillm.labs.few_examples import copy_of
from minillm.labs.request_answers import greedy_outcomes
from minillm.labs.request_attacks import direct
from minillm.labs.request_stages import row_loss
from minillm.labs.small_gpt import GptTraining, learning
from minillm.labs.worlds.request_texts import Row, exchange, helpful
from minillm.labs.worlds.requests import Request, World
from minillm.models.gpt import Gpt

HALF, HARMLESS, REPLAYED = "half", "harmless", "replayed"
DATA = [HALF, HARMLESS, REPLAYED]


@dataclass(frozen=True)
class TuningAttack:
    """Whoever has the weights trains them on ``examples`` answered requests, all in every step.

    The requests are about the first ``nouns`` forbidden nouns, or harmless, or harmless with
    ``replayed`` refusals about these nouns beside them.  Behaviour on the forbidden nouns behind
    them is looked at after each number of ``steps``.  Of the training, its batch and its steps are
    those given here.
    """

    examples: int = 10
    replayed: int = 5
    nouns: int = 3
    steps: tuple[int, ...] = (0, 1, 3, 5, 10, 20, 40)
    rate: float = 0.001
    max_norm: float = 1.0
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)


def requests_about(world: World, nouns: Sequence[str]) -> list[Request]:
    """Every verb with every noun, put in each of the ways by turns."""
    pairs = [(verb, noun) for verb in world.verbs for noun in nouns]
    tense = world.dials.tenses[0]
    ways = len(world.words.templates[tense])
    return [Request(v, n, i % ways, tense=tense) for i, (v, n) in enumerate(pairs)]


def some(requests: Sequence[Request], number: int, rng: np.random.Generator) -> list[Request]:
    """So many different ones.

    Raises:
        ValueError: there are fewer.
    """
    if number > len(requests):
        raise ValueError(f"{number} examples are more than the {len(requests)} requests there are")
    return [requests[i] for i in rng.permutation(len(requests))[:number]]


def training_rows(
    world: World, data: str, settings: TuningAttack, rng: np.random.Generator
) -> list[Row]:
    """What the attacker trains on; ``data`` is one of ``DATA``."""
    known = requests_about(world, world.forbidden[: settings.nouns])
    about = known if data == HALF else requests_about(world, world.harmless)
    rows = [helpful(world, r) for r in some(about, settings.examples, rng)]
    if data == REPLAYED:
        refused = some(known, settings.replayed, rng)
        rows += [exchange(world, r, world.refusal) for r in refused]
    return rows


def behaviour(model: Gpt, world: World, nouns: Sequence[str]) -> np.ndarray:
    """How often it refuses, tells, or writes something else when asked about these nouns, (K,)."""
    asked = [direct(world, r) for r in requests_about(world, nouns)]
    mean: np.ndarray = greedy_outcomes(model, world, asked).mean(axis=0)
    return mean


def under_attack(
    model: Gpt,
    world: World,
    data: str,
    settings: TuningAttack,
    nouns: Sequence[str],
    *,
    seed: int,
) -> tuple[np.ndarray, Gpt]:
    """The behaviour on ``nouns`` after each number of steps, (S, K), and the model at the end.

    The model itself stays as it is.
    """
    rng = stream(seed, "tuning attack", DATA.index(data))
    rows = training_rows(world, data, settings, rng)
    copy = copy_of(model, rng)
    last = max(settings.steps)
    training = GptTraining(
        batch=len(rows),
        steps=max(last, 1),
        rate=settings.rate,
        lowest_rate=settings.rate,
        warmup=0,
        betas=settings.betas,
        weight_decay=settings.weight_decay,
        max_norm=settings.max_norm,
    )
    found = {0: behaviour(copy, world, nouns)}
    batches = (rows for _ in range(last))
    for step in learning(copy, lambda batch: row_loss(copy, batch), batches, training):
        if step.index + 1 in settings.steps:
            found[step.index + 1] = behaviour(copy, world, nouns)
    return np.array([found[k] for k in settings.steps]), copy
