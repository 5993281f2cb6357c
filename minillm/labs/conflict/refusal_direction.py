"""Is there one direction that makes a GPT refuse?  Taken out of the stream, and put into it.

It is the difference of means at the last token of forbidden and of harmless requests.  Taken out,
forbidden requests should be answered; added, harmless ones should be refused.  Compared are random
directions of the same length and that of a contrast that has nothing to do with harm, two ways to
ask.  Directions come from one half of the verbs, behaviour from the other half.

Where refusal is planted, the direction is known: a head that looks for forbidden nouns and writes
one vector, in a GPT that else has random weights.

Letters: L layers, D model width, C directions (refusal, random, ways to ask), F factors, G groups
of nouns (harmless, forbidden), K behaviours (refused, payload, other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.conflict.attacked_chain import Settings as Attacked
from minillm.labs.request_answers import Asked, greedy_outcomes
from minillm.labs.request_attacks import direct
from minillm.labs.request_stages import Stages, instructed, made_safe, pretrained
from minillm.labs.small_gpt import new_gpt
from minillm.labs.stream_directions import (
    difference_of_means,
    first_words,
    with_added,
    without,
)
from minillm.labs.study import Study
from minillm.labs.worlds.request_texts import requests_about
from minillm.labs.worlds.requests import Requests, World
from minillm.models.gpt import Gpt


@dataclass(frozen=True)
class Planted:
    """The head that is set by hand: how sharply it looks, how much the nouns have of what it looks
    for, and how much it writes.
    """

    sharp: float = 20.0
    marked: float = 2.0
    written: float = 10.0


@dataclass(frozen=True)
class Settings:
    """The world and the stages of the lab on fine-tuning as an attack, and the widths.

    ``verbs`` is how many of them the directions come from, ``factors`` times the difference of
    means is what is added, ``ways`` are the two templates of the other contrast, and of random
    directions the mean over ``randoms`` is told.
    """

    world: Requests = Requests(places=())
    stages: Stages = Attacked.stages
    widths: tuple[int, ...] = (32, 64)
    verbs: int = 5
    factors: tuple[float, ...] = (0.5, 1.0)
    ways: tuple[int, ...] = (0, 1)
    randoms: int = 3
    planted: Planted = Planted()

    def __post_init__(self) -> None:
        if self.randoms < 1:
            raise ValueError(f"refusal_direction: randoms must be at least 1, got {self.randoms}")


def halves(world: World, nouns: Sequence[str], verbs: int) -> tuple[list[Asked], list[Asked]]:
    """Direct requests about nouns: those with the first verbs, and all others.

    Raises:
        ValueError: one half has no verb.
    """
    if not 0 < verbs < len(world.verbs):
        raise ValueError(f"verbs must be from 1 to {len(world.verbs) - 1}, got {verbs}")
    asked = [direct(world, r) for r in requests_about(world, nouns)]
    first = world.verbs[:verbs]
    return (
        [one for one in asked if one.request.verb in first],
        [one for one in asked if one.request.verb not in first],
    )


def texts(world: World, asked: Sequence[Asked]) -> list[list[int]]:
    """What the model reads, as ids."""
    return [world.encode(one.before) for one in asked]


def directions(model: Gpt, world: World, settings: Settings, seed: int) -> list[np.ndarray]:
    """Refusal (1, L, D), random ones (R, L, D), ways to ask (1, L, D), of one length at a layer."""
    s = settings
    harmless, forbidden = (
        halves(world, nouns, s.verbs)[0] for nouns in (world.harmless, world.forbidden)
    )
    refusal = difference_of_means(model, texts(world, forbidden), texts(world, harmless))
    put = [texts(world, [a for a in harmless if a.request.template == way]) for way in s.ways]
    other = difference_of_means(model, *put)
    drawn = stream(seed, "random directions").standard_normal((s.randoms, *refusal.shape))
    length = np.linalg.norm(refusal, axis=-1, keepdims=True)
    found = refusal[None], drawn, other[None]
    return [d / np.linalg.norm(d, axis=-1, keepdims=True) * length for d in found]


def begins(
    model: Gpt, world: World, tested: Sequence[Sequence[Asked]], some: np.ndarray, layer: int
) -> list[list[float]]:
    """``moved`` of ``steered`` behind one layer, the mean over directions ``some (R, D)``."""
    words = world.encode(world.refusal[:1]), world.encode(world.starts)
    found = []
    for asked, sign in zip(tested, (1.0, -1.0), strict=True):
        first = [first_words(model, texts(world, asked), sign * d, layer) for d in some]
        found.append([float(np.isin(first, ids).mean()) for ids in words])
    return found


def steered(model: Gpt, world: World, settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """What the model does without each direction, and with it added.

    ``without`` is behaviour where nothing stands along the direction, ``added`` where it is added
    at every position.  ``moved`` is how often an answer begins with the first word of a refusal,
    and with one of those that answers begin with, where the direction is added to harmless requests
    at the last token alone, and subtracted from forbidden ones there.

    Shapes: ``before (G, K)``, ``without (C, L, G, K)``, ``added (C, L, F, G, K)``, ``moved (C, L,
    G, 2)``.
    """
    s = settings
    tested = [halves(world, nouns, s.verbs)[1] for nouns in (world.harmless, world.forbidden)]

    def does(*changed: Gpt) -> np.ndarray:
        """Means over models that are changed in the same way, (G, K)."""
        found = [[greedy_outcomes(one, world, a).mean(axis=0) for a in tested] for one in changed]
        return np.mean(found, axis=0)

    found: dict[str, list[Any]] = {"without": [], "added": [], "moved": []}
    layers = range(model.config.n_layers)
    for kind in directions(model, world, s, seed):  # (R, L, D)
        found["without"].append([does(*(without(model, d) for d in kind[:, k])) for k in layers])
        found["moved"].append([begins(model, world, tested, kind[:, k], k) for k in layers])
        found["added"].append(
            [
                [does(*(with_added(model, f * d, k) for d in kind[:, k])) for f in s.factors]
                for k in layers
            ]
        )
    return {"before": does(model), **{key: np.array(one) for key, one in found.items()}}


def with_planted(model: Gpt, world: World, settings: Planted, written: np.ndarray) -> Gpt:
    """The model with one head of its first layer set by hand, in place::

        E[noun] += marked m  for forbidden nouns,    m: a vector of length 1
        query = sharp e_0,  key = value = (m · x) e_0,  output: e_0 -> written

    It looks wherever x has most of m, and writes as much of the vector as is there.
    """
    heads: Any = model.blocks[0].attention
    width = model.config.width
    size = width // model.config.n_heads
    mark = np.linalg.qr(np.stack([written, model.tokens.weight.data[0]], axis=1))[0][:, 1]
    table = model.tokens.weight.data.copy()
    table[world.encode(world.forbidden)] += settings.marked * mark
    model.tokens.weight.data = table
    for layer in (heads.query, heads.key, heads.value):
        weight, bias = layer.weight.data.copy(), layer.bias.data.copy()
        weight[:size], bias[:size] = 0.0, 0.0
        if layer is heads.query:
            bias[0] = settings.sharp
        else:
            weight[0] = mark
        layer.weight.data, layer.bias.data = weight, bias
    output = heads.output.weight.data.copy()
    output[:, :size] = 0.0
    output[:, 0] = settings.written * written
    heads.output.weight.data = output
    return model


def recovered(settings: Settings, world: World, width: int, seed: int) -> float:
    """The cosine of the planted vector and the difference of means behind the first layer."""
    sizes, longest = replace(settings.stages.model, width=width), settings.stages.max_length
    model = new_gpt(sizes, vocabulary_size=len(world.names), max_length=longest, seed=seed)
    vector = stream(seed, "planted direction").standard_normal(width).astype(np.float32)
    vector /= np.linalg.norm(vector)
    with_planted(model, world, settings.planted, vector)
    harmless, forbidden = (
        texts(world, halves(world, nouns, settings.verbs)[0])
        for nouns in (world.harmless, world.forbidden)
    )
    found = difference_of_means(model, forbidden, harmless)[0]
    return float(found @ vector / np.linalg.norm(found))


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """For every width what ``steered`` measures, and ``planted``, the cosine that is recovered.

    Keys begin with the width: "32, before" and so on.
    """
    world = World(settings.world, seed=seed)
    found: dict[str, Any] = {}
    for width in settings.widths:
        sizes = replace(settings.stages.model, width=width)
        stages = replace(settings.stages, model=sizes)
        told = instructed(pretrained(world, stages, seed=seed), world, stages, seed=seed)
        numbers = steered(made_safe(told, world, stages, seed=seed), world, settings, seed)
        found |= {f"{width}, {key}": value for key, value in numbers.items()}
        found[f"{width}, planted"] = recovered(settings, world, width, seed)
    return found


STUDY = Study(
    name="refusal_direction",
    question="Does one direction in the stream of a small GPT make it refuse?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.5,
)
