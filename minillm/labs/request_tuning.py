"""Fine-tuning on a few examples as an attack: what it does to refusals, step by step.

Letters: S numbers of steps, K behaviours (refused, payload, other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minillm.autograd import no_grad
from minillm.backend import stream
from minillm.labs.few_examples import copy_of
from minillm.labs.request_answers import greedy_outcomes
from minillm.labs.request_attacks import direct
from minillm.labs.request_stages import row_loss
from minillm.labs.small_gpt import GptTraining, learning
from minillm.labs.worlds.request_texts import Row, exchange, helpful, requests_about
from minillm.labs.worlds.requests import Request, World
from minillm.models.gpt import Gpt
from minillm.tasks.dialogue.rows import collate_chats
from minillm.training.preferences import sequence_log_probability

HALF, HARMLESS, REPLAYED = "half", "harmless", "replayed"
DATA = [HALF, HARMLESS, REPLAYED]


@dataclass(frozen=True)
class TuningAttack:
    """Whoever has the weights trains them on ``examples`` answered requests, all in every step.

    The requests are about the first ``nouns`` forbidden nouns, or harmless, or harmless with
    ``replayed`` refusals about these nouns beside them.  Behaviour on the forbidden nouns behind
    them is looked at after each number of ``steps``.  Of the training, its batch and its steps are
    those given here.

    Raises:
        ValueError: the steps do not rise from 0 to some above it.
    """

    examples: int = 10
    replayed: int = 5
    nouns: int = 3
    steps: tuple[int, ...] = (0, 1, 3, 5, 10, 20, 40)
    rate: float = 0.001
    max_norm: float = 1.0
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)

    def __post_init__(self) -> None:
        steps = self.steps
        if len(steps) < 2 or steps[0] != 0 or list(steps) != sorted({*steps}):
            raise ValueError(f"TuningAttack: steps must rise from 0, got {steps}")


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
    """What the attacker trains on; ``data`` is one of ``DATA``.

    Source: Qi et al. 2024, "Fine-tuning Aligned Language Models Compromises Safety, Even When Users
        Do Not Intend To!", arXiv:2310.03693.
    """
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


def nats(model: Gpt, world: World, nouns: Sequence[str]) -> np.ndarray:
    """What the refusal and the answer that helps cost when asked about these nouns, (2,)::

        mean over requests of -ln p(refusal | request)  and  of -ln p(answer | request)

    They move before the most probable words do.
    """
    requests = requests_about(world, nouns)
    found = []
    for answers in ([world.refusal for _ in requests], [world.answer(r) for r in requests]):
        rows = [exchange(world, r, a) for r, a in zip(requests, answers, strict=True)]
        ids, _, learned = collate_chats(rows)
        with no_grad():
            log_p = sequence_log_probability(model(ids), ids=ids, answers=learned)
        found.append(-log_p.data.mean(dtype=np.float64))
    return np.array(found)


class Course(NamedTuple):
    """What an attack did: behaviour and nats after each number of steps, and the model behind it.

    Shapes: ``outcomes (S, K), nats (S, 2)``.
    """

    outcomes: np.ndarray
    nats: np.ndarray
    model: Gpt


def under_attack(
    model: Gpt,
    world: World,
    data: str,
    settings: TuningAttack,
    nouns: Sequence[str],
    *,
    seed: int,
) -> Course:
    """Train a copy, and look at ``nouns`` after each number of steps."""
    rng = stream(seed, "tuning attack", DATA.index(data))
    rows = training_rows(world, data, settings, rng)
    copy = copy_of(model, rng)
    last = settings.steps[-1]
    training = GptTraining(
        batch=len(rows),
        steps=last,
        rate=settings.rate,
        lowest_rate=settings.rate,
        warmup=0,
        betas=settings.betas,
        weight_decay=settings.weight_decay,
        max_norm=settings.max_norm,
    )
    found = {0: (behaviour(copy, world, nouns), nats(copy, world, nouns))}
    batches = (rows for _ in range(last))
    for step in learning(copy, lambda batch: row_loss(copy, batch), batches, training):
        if step.index + 1 in settings.steps:
            found[step.index + 1] = behaviour(copy, world, nouns), nats(copy, world, nouns)
    outcomes, costs = zip(*(found[k] for k in settings.steps), strict=True)
    return Course(np.array(outcomes), np.array(costs), copy)
