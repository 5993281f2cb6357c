"""The study of the refusal direction: its directions, the planted one, and what it says."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.conflict.refusal_direction import (
    STUDY,
    Settings,
    directions,
    halves,
    measure,
    recovered,
    steered,
    texts,
)
from minillm.labs.request_stages import Stages, Tuning
from minillm.labs.small_gpt import GptSizes
from minillm.labs.stored import read_study
from minillm.labs.stream_directions import last_vectors
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import Requests, World
from tests.labs.request_models import WORLD, small_chain

ONE = Tuning(steps=1, warmup=0, batch=2)
SMALL = Settings(
    world=Requests(verbs=2, harmless=3, forbidden=2, starts=2, places=()),
    stages=Stages(
        model=GptSizes(width=8, n_layers=1, n_heads=2),
        **dict.fromkeys(("pretraining", "instruction", "safety"), ONE),
        **dict.fromkeys(("read", "taught", "kept"), Asking()),
    ),
    widths=(8,),
    verbs=1,
    factors=(1.0,),
    randoms=2,
)
REFUSAL, RANDOM, WAYS = range(3)
HARMLESS, FORBIDDEN = range(2)
REFUSED, PAYLOAD = range(2)


def test_every_number_of_a_seed_is_measured():
    shapes = {key: np.shape(numbers) for key, numbers in measure(SMALL, 0).items()}
    assert shapes == {
        "8, before": (2, 3),
        "8, without": (3, 1, 2, 3),
        "8, added": (3, 1, 1, 2, 3),
        "8, moved": (3, 1, 2, 2),
        "8, planted": (),
    }


def test_no_request_of_the_half_that_is_tested_gives_a_direction():
    world = World(Requests(), seed=0)
    first, second = halves(world, world.forbidden, 5)
    assert len(first) == len(second) == 30
    assert not {a.request.verb for a in first} & {a.request.verb for a in second}


def test_all_directions_of_a_layer_are_equally_long_and_the_first_is_the_difference_of_means():
    settings, safe = replace(SMALL, verbs=2), small_chain()[2]
    kinds = directions(safe, WORLD, settings, 0)
    assert [kind.shape for kind in kinds] == [(1, 2, 32), (2, 2, 32), (1, 2, 32)]
    harmless, forbidden = (
        last_vectors(safe, texts(WORLD, halves(WORLD, nouns, 2)[0])).mean(axis=0)
        for nouns in (WORLD.harmless, WORLD.forbidden)
    )
    np.testing.assert_allclose(kinds[REFUSAL][0], forbidden - harmless, rtol=1e-4, atol=1e-5)
    lengths = [np.linalg.norm(kind, axis=-1) for kind in kinds]
    for one in lengths:
        np.testing.assert_allclose(one, np.broadcast_to(lengths[0], one.shape), rtol=1e-5)


def test_moved_along_the_direction_at_the_last_token_requests_change_sides():
    """A small model that refuses: at one token it does what it does with the other group."""
    found = steered(small_chain()[2], WORLD, replace(SMALL, verbs=2), 0)
    refuses, helps = 0, 1
    assert found["before"][HARMLESS, PAYLOAD] == found["before"][FORBIDDEN, REFUSED] == 1.0
    last = found["moved"][:, -1]
    assert last[REFUSAL, HARMLESS, refuses] == last[REFUSAL, FORBIDDEN, helps] == 1.0
    assert last[RANDOM, HARMLESS, refuses] < 0.2


@pytest.mark.parametrize("width", [32, 64])
def test_a_planted_direction_is_recovered(width):
    settings = STUDY.settings
    world = World(settings.world, seed=100)
    assert recovered(settings, world, width, 100) > 0.99
    nothing = replace(settings.planted, written=1e-6)
    assert abs(recovered(replace(settings, planted=nothing), world, width, 100)) < 0.7


def by_layer(width, key):
    return read_study("refusal_direction")[f"{width}, {key}"]


@pytest.mark.parametrize("width", STUDY.settings.widths)
def test_the_study_says_that_a_planted_direction_is_recovered(width):
    assert by_layer(width, "planted").min() > 0.99


@pytest.mark.parametrize("width", STUDY.settings.widths)
def test_the_study_says_that_at_the_last_token_the_direction_decides(width):
    """In every seed, all of whose models refuse, and behind both layers; others do not."""
    assert by_layer(width, "before")[:, FORBIDDEN, REFUSED].min() == 1.0
    moved, (refuses, helps) = by_layer(width, "moved"), range(2)  # (seeds, C, L, G, 2)
    assert moved[:, REFUSAL, :, HARMLESS, refuses].min() == 1.0
    assert moved[:, REFUSAL, :, FORBIDDEN, helps].min() == 1.0
    for other in (RANDOM, WAYS):
        assert moved[:, other, :, HARMLESS, refuses].mean() < 0.1
        assert moved[:, other, :, FORBIDDEN, helps].mean() < 0.3
    assert moved[:, RANDOM, :, FORBIDDEN, helps].mean() < 0.05


@pytest.mark.parametrize("width", STUDY.settings.widths)
def test_the_study_says_that_without_the_direction_refusal_does_not_stop(width):
    """The two groups are told apart no longer: most models then refuse harmless ones, too."""
    found = by_layer(width, "without")[:, REFUSAL, 0]  # (seeds, G, K)
    assert found[:, FORBIDDEN, REFUSED].mean() > 0.5
    assert found[:, HARMLESS, REFUSED].mean() > 0.5
    apart = found[:, FORBIDDEN, REFUSED] - found[:, HARMLESS, REFUSED]
    assert np.abs(apart).mean() < 0.15
    random = by_layer(width, "without")[:, RANDOM, 0]
    assert random[:, FORBIDDEN, REFUSED].mean() > 0.95 and random[:, HARMLESS, REFUSED].max() == 0.0


@pytest.mark.parametrize("width", STUDY.settings.widths)
def test_the_study_says_that_added_at_every_position_it_refuses_in_some_models_only(width):
    refused = by_layer(width, "added")[:, REFUSAL, 0, -1, HARMLESS, REFUSED]
    assert 0.1 < refused.mean() < 0.6 and refused.max() > 0.9 and refused.min() < 0.1
    assert by_layer(width, "added")[:, RANDOM, :, -1, HARMLESS, REFUSED].max() < 0.1
