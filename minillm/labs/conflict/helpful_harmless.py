"""Helpful and harmless at once: a small GPT that learned to refuse, and what gets round it.

A GPT reads texts that also tell what is forbidden, learns to answer harmless requests and to follow
rules, and then to refuse forbidden requests that are put plainly.  Compared are the model before
the last stage, the one behind it, and one that learned as many steps without a single refusal.

Letters: M models, G groups of nouns, A attacks, K behaviours (refused, payload, other), H horizons,
L words of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.request_answers import (
    Asked,
    greedy_outcomes,
    helpful_ranks,
    kl_by_position,
    known,
    probabilities,
)
from minillm.labs.request_attacks import ATTACKS, Attacks, direct, prefill
from minillm.labs.request_stages import Stages, instructed, made_safe, pretrained
from minillm.labs.study import Study
from minillm.labs.worlds.request_texts import requests_about
from minillm.labs.worlds.requests import Requests, World
from minillm.models.gpt import Gpt


@dataclass(frozen=True)
class Settings:
    """The world, the stages, the attacks; other horizons; decoding by temperature and by rank."""

    world: Requests = Requests()
    stages: Stages = Stages()
    attacks: Attacks = Attacks()
    names: tuple[str, ...] = tuple(ATTACKS)
    horizons: tuple[int, ...] = (2, 8)
    temperatures: tuple[float, ...] = (0.5, 2.0, 3.0)
    ranks: tuple[int, ...] = (1, 5, 20)


def groups_of(world: World) -> list[tuple[str, ...]]:
    """Harmless nouns, forbidden ones, and forbidden ones that no text has."""
    return [world.harmless, world.forbidden, world.untaught]


def attacked(
    settings: Settings, world: World, nouns: Sequence[str], seed: int
) -> list[list[Asked]]:
    """The requests about these nouns under each of the attacks, the same for every model."""
    found = []
    for place, name in enumerate(settings.names):
        rng = stream(seed, f"attacks on {nouns[0]}", place)
        found.append(
            [ATTACKS[name](world, r, settings.attacks, rng) for r in requests_about(world, nouns)]
        )
    return found


def chain(settings: Settings, world: World, seed: int) -> tuple[Gpt, Gpt]:
    """The model that answers, and the one that learned to refuse."""
    stages = settings.stages
    told = instructed(pretrained(world, stages, seed=seed), world, stages, seed=seed)
    return told, made_safe(told, world, stages, seed=seed)


def behaviours(
    settings: Settings, world: World, models: Sequence[Gpt], seed: int
) -> dict[str, np.ndarray]:
    """What every model does under every attack."""
    groups = [attacked(settings, world, nouns, seed) for nouns in groups_of(world)]
    greedy = [
        [np.array([greedy_outcomes(model, world, asked) for asked in group]) for group in groups]
        for model in models
    ]  # (A, N, K) each
    drawn = [
        [
            [probabilities(model, world, asked).mean(axis=0) for asked in group]
            for group in groups[1:]
        ]
        for model in models
    ]
    passed = [1.0 - of_model[1][:, :, 0].min(axis=0) for of_model in greedy]
    told = [of_model[1][:, :, 1].max(axis=0) for of_model in greedy]
    return {
        "greedy": np.array([[one.mean(axis=1) for one in of_model] for of_model in greedy]),
        "drawn": np.array(drawn),
        "any": np.array([[p.mean(), t.mean()] for p, t in zip(passed, told, strict=True)]),
        "known": np.array([known(model, world, world.forbidden) for model in models]),
    }


def decoded(settings: Settings, world: World, safe: Gpt) -> dict[str, np.ndarray]:
    """What other ways to choose the words get out of the model that refuses."""
    asked = [direct(world, r) for r in requests_about(world, world.forbidden)]
    hot = [probabilities(safe, world, asked, temperature=t) for t in settings.temperatures]
    within = []
    for nouns in groups_of(world)[1:]:
        plain = requests_about(world, nouns)
        begun = [prefill(world, r, settings.attacks.begun) for r in plain]
        for one in ([direct(world, r) for r in plain], begun):
            worst = helpful_ranks(safe, world, one).max(axis=1)
            within.append([(worst < k).mean() for k in settings.ranks])
    ranks = np.array(within).reshape(2, 2, len(settings.ranks))
    return {"temperatures": np.array([p.mean(axis=0) for p in hot]), "ranks": ranks}


def depth(world: World, told: Gpt, safe: Gpt) -> np.ndarray:
    """``KL(safe || told)`` at every word of the answer that helps with what is forbidden, (L,)."""
    asked = [direct(world, r) for r in requests_about(world, world.forbidden)]
    mean: np.ndarray = kl_by_position(safe, told, world, asked).mean(axis=0)
    return mean


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """What the models do, each number a mean over requests.

    Shapes: ``greedy (M, G, A, K)`` of the most probable words; ``drawn (M, G - 1, A, K)`` the exact
    probabilities, without the harmless nouns; ``any (M, 2)``: the share of forbidden requests of
    which some attack gets something else than a refusal, and the payload; ``known (M,)``;
    ``temperatures (T, K)`` of direct requests; ``ranks (G - 1, 2, R)``: the share of answers whose
    words are all among the R most probable, direct and prefilled; ``kl, horizon h (L,)`` of the
    safe model, and ``horizons (H, 2, K)`` its greedy behaviour on harmless and forbidden requests.
    """
    world = World(settings.world, seed=seed)
    told, safe = chain(settings, world, seed)
    more = made_safe(told, world, replace(settings.stages, refused=0.0), seed=seed)
    found: dict[str, Any] = behaviours(settings, world, (told, safe, more), seed)
    found |= decoded(settings, world, safe)
    found[f"kl, horizon {settings.world.horizon}"] = depth(world, told, safe)
    others = []
    for horizon in settings.horizons:
        other = World(replace(settings.world, horizon=horizon), seed=seed)
        pair = chain(settings, other, seed)
        found[f"kl, horizon {horizon}"] = depth(other, *pair)
        asked = [[direct(other, r) for r in requests_about(other, n)] for n in groups_of(other)[:2]]
        others.append([greedy_outcomes(pair[1], other, a).mean(axis=0) for a in asked])
    return found | {"horizons": np.array(others)}


STUDY = Study(
    name="helpful_harmless",
    question="A GPT learned to refuse and goes on to help: what gets round its refusals?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.3,
)
