"""What does learning to refuse change in the weights, and where do attacks lie behind it?

A GPT that answers everything learns to refuse 2, 4 or 6 nouns.  Of the change of every matrix the
rank is told, how much of it lies in the column space of the weights, and how many directions of it
are needed so that the nouns are refused.  Compared is as long a training on refusals that have
nothing to do with the noun.  Then attacks on the model that refuses 6 nouns: is what stands at the
last token nearer to that of requests that are refused, or of those that are answered?

Letters: M models (nouns by nouns, and random refusals last), W matrices, R ranks, G groups of nouns
(harmless, forbidden), L layers, A attacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.conflict.refusal_direction import halves, texts
from minillm.labs.request_answers import Asked, greedy_outcomes, probabilities
from minillm.labs.request_attacks import ATTACKS, Attacks, direct
from minillm.labs.request_stages import (
    Draw,
    Refusals,
    Stages,
    Tuning,
    instructed,
    made_safe,
    mixed,
    pretrained,
    tuned,
    web,
)
from minillm.labs.statistics import rank_correlation
from minillm.labs.stream_directions import last_vectors
from minillm.labs.study import Study
from minillm.labs.weight_changes import measures, with_rank
from minillm.labs.worlds.request_texts import (
    Asking,
    draw_request,
    exchange,
    helpful,
    requests_about,
)
from minillm.labs.worlds.requests import Requests, World
from minillm.models.gpt import Gpt

BOTH = ("plain", "c0")
RULES = Asking(encodings=BOTH, begin=0.35, no_apology=0.15)


@dataclass(frozen=True)
class Settings:
    """The world, its stages, how many nouns are refused, and the attacks.

    Ranks hold ``energy`` of the squared singular values; ``truncated`` are those a change is cut
    to.  ``verbs`` is how many of them the centres come from; attacks have the others.
    """

    world: Requests = Requests(places=(13,))
    stages: Stages = Stages(
        pretraining=Tuning(steps=500),
        instruction=Tuning(steps=250),
        read=Asking(encodings=BOTH),
        taught=RULES,
        kept=RULES,
    )
    nouns: tuple[int, ...] = (2, 4, 6)
    names: tuple[str, ...] = ("query", "key", "value", "output", "inner", "outer")
    energy: float = 0.9
    truncated: tuple[int, ...] = (0, 1, 2, 3, 4, 6, 8, 16)
    attacks: Attacks = Attacks(encoding="c0")
    attacked: tuple[str, ...] = ("direct", "prefix", "suppression", "prefill", "encoding")
    verbs: int = 5


def told_apart_by_nothing(world: World, settings: Stages) -> Draw:
    """Texts of the safety stage with refusals for any noun, and answers for any noun."""
    nouns = (*world.harmless, *world.forbidden)

    def answer(rng: np.random.Generator) -> Any:
        return helpful(world, draw_request(world, nouns, settings.kept, rng))

    def refuse(rng: np.random.Generator) -> Any:
        asked = draw_request(world, nouns, settings.refusals.asking, rng)
        return exchange(world, asked, world.refusal)

    benign = mixed(settings.replay, web(world, settings), answer)
    return mixed(settings.refused, refuse, benign)


def models_of(world: World, told: Gpt, settings: Settings, seed: int) -> list[Gpt]:
    """Models that refuse more and more nouns, and the one that refuses at random."""
    found = []
    for nouns in settings.nouns:
        refusals: Refusals = replace(settings.stages.refusals, nouns=nouns)
        stages = replace(settings.stages, refusals=refusals)
        found.append(made_safe(told, world, stages, seed=seed))
    texts_of = told_apart_by_nothing(world, settings.stages)
    rng = stream(seed, "refusals at random")
    return [*found, tuned(told, texts_of, settings.stages.safety, rng)]


def behaviour(model: Gpt, world: World, nouns: int) -> list[float]:
    """How often the first nouns are refused, and harmless requests answered, by greedy answers."""
    forbidden, harmless = (
        greedy_outcomes(model, world, [direct(world, r) for r in requests_about(world, some)])
        for some in (world.forbidden[:nouns], world.harmless)
    )
    return [float(forbidden[:, 0].mean()), float(harmless[:, 1].mean())]


def needed(
    told: Gpt, models: Sequence[Gpt], world: World, settings: Settings
) -> list[list[list[float]]]:
    """``behaviour`` of every model whose change was cut to each rank, (M - 1, R, 2)."""
    s = settings
    return [
        [behaviour(with_rank(told, model, s.names, rank), world, nouns) for rank in s.truncated]
        for nouns, model in zip(s.nouns, models, strict=False)
    ]


def nearness(vectors: np.ndarray, refused: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """Where vectors lie between both centres: 0 at the refused one, 1 at the answered one::

        |x - refused| / (|x - refused| + |x - answered|)

    Shapes: ``vectors (N, L, D), refused (L, D), answered (L, D) -> (N, L)``.
    """
    one, other = (np.linalg.norm(vectors - centre, axis=-1) for centre in (refused, answered))
    found: np.ndarray = one / (one + other)
    return found


def under_attack(model: Gpt, world: World, settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """Where requests lie under each attack, and how they are answered.

    Shapes: ``near (A, G, L)``; ``refused (A, G)`` by exact probability and ``passed (A, G)``, the
    share that is not refused by greedy answers; ``within (A, L)``: the rank correlation of
    nearness and of not being refused over the forbidden requests of one attack.
    """
    s = settings
    known = [halves(world, nouns, s.verbs)[0] for nouns in (world.forbidden, world.harmless)]
    centres = [last_vectors(model, texts(world, asked)).mean(axis=0) for asked in known]
    found: dict[str, list[Any]] = {"near": [], "refused": [], "passed": [], "within": []}
    for place, name in enumerate(s.attacked):
        rng = stream(seed, "attacks", place)
        groups = [
            [ATTACKS[name](world, a.request, s.attacks, rng) for a in halves(world, n, s.verbs)[1]]
            for n in (world.harmless, world.forbidden)
        ]
        near = [nearness(last_vectors(model, read(world, g)), *centres) for g in groups]
        refused = [probabilities(model, world, g)[:, 0] for g in groups]
        found["near"].append([one.mean(axis=0) for one in near])
        found["refused"].append([p.mean() for p in refused])
        found["passed"].append(
            [1.0 - greedy_outcomes(model, world, g)[:, 0].mean() for g in groups]
        )
        found["within"].append([rank_correlation(x, -refused[1]) for x in near[1].T])
    return {key: np.array(numbers) for key, numbers in found.items()}


def read(world: World, asked: Sequence[Asked]) -> list[list[int]]:
    """All that stands before the first free word, as ids."""
    return [world.encode((*one.before, *one.forced)) for one in asked]


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Changes of weights, what is needed of them, and where attacks lie.

    Shapes: ``changes (M, W, 4)`` as ``measures`` has them; ``behaviour (M, 2)`` and ``needed (M -
    1, R, 2)``: refused and helpful; then those of ``under_attack``.
    """
    s = settings
    world = World(s.world, seed=seed)
    told = instructed(pretrained(world, s.stages, seed=seed), world, s.stages, seed=seed)
    models = models_of(world, told, s, seed)
    nouns = [*s.nouns, max(s.nouns)]
    return {
        "changes": np.array([measures(told, model, s.names, s.energy) for model in models]),
        "behaviour": np.array([behaviour(m, world, n) for m, n in zip(models, nouns, strict=True)]),
        "needed": np.array(needed(told, models, world, s)),
        **under_attack(models[-2], world, s, seed),
    }


STUDY = Study(
    name="safety_change",
    question="What does learning to refuse change in the weights, and why do attacks pass?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.5,
)
