"""Is it one direction that makes a GPT refuse in every tense?

The direction of a tense is the difference of means at the last token of forbidden and of harmless
requests in it.  That of the present is compared with those of the other tenses, and put into and
taken out of requests of all tenses at their last token, beside each tense's own direction and
random ones of the same length.  Directions come from one half of the verbs, behaviour from the
other half.

Letters: M models, T tenses, L layers, D model width, C directions (of the present, of the tense
itself, random), G groups of nouns (harmless, forbidden).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.conflict.refusal_direction import begins, texts
from minillm.labs.mismatch.tenses import Settings as InTenses
from minillm.labs.mismatch.tenses import asked_in, covering
from minillm.labs.request_answers import Asked, written
from minillm.labs.request_chain import RequestChain
from minillm.labs.request_stages import Stages
from minillm.labs.stream_directions import difference_of_means
from minillm.labs.study import Study
from minillm.labs.worlds.requests import Requests, World
from minillm.models.decoding import Reader
from minillm.models.gpt import Gpt


@dataclass(frozen=True)
class Settings:
    """World and stages of the study of tenses, and what each model covers beside the present.

    Directions come from requests with the first ``verbs``; of random ones the mean over ``randoms``
    is told.
    """

    world: Requests = InTenses.world
    stages: Stages = InTenses.stages
    covered: tuple[tuple[str, ...], ...] = ((), ("past", "future"))
    verbs: int = 5
    randoms: int = 3

    def __post_init__(self) -> None:
        if not 0 < self.verbs < self.world.verbs or self.randoms < 1:
            raise ValueError(
                "spelled_directions: Settings needs verbs from 1 to one less than the "
                f"{self.world.verbs} of the world, and randoms of at least 1, got {self.verbs} and "
                f"{self.randoms}"
            )


def with_verbs(world: World, nouns: Sequence[str], tense: str, verbs: Sequence[str]) -> list[Asked]:
    """Direct requests about nouns in a tense, in every way, with these verbs alone."""
    return [one for one in asked_in(world, nouns, tense) if one.request.verb in verbs]


def directions(model: Gpt, world: World, verbs: Sequence[str]) -> np.ndarray:
    """The direction of each tense, (T, L, D), from requests with these verbs."""
    found = []
    for tense in world.dials.tenses:
        forbidden, harmless = (
            texts(world, with_verbs(world, nouns, tense, verbs))
            for nouns in (world.forbidden, world.harmless)
        )
        found.append(difference_of_means(model, forbidden, harmless))
    return np.array(found)


def cosines(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The cosine of a direction and each of some others at every layer.

    Shapes: ``one (L, D), others (T, L, D) -> (T, L)``.
    """
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(others, axis=-1)
    found: np.ndarray = (one * others).sum(axis=-1) / lengths
    return found


def random_directions(like: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Random directions, at each layer as long as the one given, ``(L, D) -> (R, L, D)``."""
    drawn = stream(seed, "random directions").standard_normal((number, *like.shape))
    lengths = np.linalg.norm(like, axis=-1, keepdims=True)
    scaled: np.ndarray = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True) * lengths
    return scaled


def first_words_of(
    model: Gpt | Reader, world: World, tested: Sequence[Sequence[Asked]]
) -> list[list[float]]:
    """How often an answer begins like a refusal, and like one that helps, (G, 2)."""
    words = [{(word,) for word in some} for some in (world.refusal[:1], world.starts)]
    begun = [[answer[:1] for answer in written(model, world, asked)] for asked in tested]
    return [[float(np.mean([b in some for b in group])) for some in words] for group in begun]


def examined(model: Gpt, world: World, settings: Settings, seed: int) -> dict[str, Any]:
    """The directions of a model, and what they do.

    ``cosines (T, L)`` are of the present's direction and each tense's from the other half of the
    verbs: that of the present itself says how much is noise.  ``before (T, G, 2)`` are first words
    as they are, ``moved (C, T, L, G, 2)`` those where a direction is added to harmless requests at
    their last token, and subtracted from forbidden ones there.
    """
    first, second = world.verbs[: settings.verbs], world.verbs[settings.verbs :]
    found = directions(model, world, first)
    random = random_directions(found[0], settings.randoms, seed)
    before: list[Any] = []
    moved: list[Any] = [[], [], []]
    groups = world.harmless, world.forbidden
    for tense, own in zip(world.dials.tenses, found, strict=True):
        tested = [with_verbs(world, nouns, tense, second) for nouns in groups]
        before.append(first_words_of(model, world, tested))
        for kept, some in zip(moved, (found[:1], own[None], random), strict=True):
            layers = range(some.shape[1])
            kept.append([begins(model, world, tested, some[:, k], k) for k in layers])
    return {
        "cosines": cosines(found[0], directions(model, world, second)),
        "before": np.array(before),
        "moved": np.array(moved),
    }


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``examined`` for each model, M first in every shape.

    Guide: 9.3 (G44).
    """
    case = RequestChain(settings, seed)
    models = [covering(case, more) for more in settings.covered]
    found = [examined(model, case.world, settings, seed) for model in models]
    return {key: np.array([one[key] for one in found]) for key in found[0]}


STUDY = Study(
    name="spelled_directions",
    question="Does the direction that makes a GPT refuse in the present do so in other tenses?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.5,
)
