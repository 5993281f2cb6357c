"""The study of what safety changes: its models, where attacks lie, and what the numbers say."""

from dataclasses import replace

import numpy as np

from minillm.labs.conflict.safety_change import (
    STUDY,
    Settings,
    behaviour,
    measure,
    nearness,
    needed,
    told_apart_by_nothing,
    under_attack,
)
from minillm.labs.request_attacks import Attacks
from minillm.labs.request_stages import Stages, Tuning
from minillm.labs.small_gpt import GptSizes
from minillm.labs.statistics import mean_and_interval, rank_correlation
from minillm.labs.stored import read_study
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
    nouns=(1, 2),
    truncated=(0, 1, 32),
    attacked=("direct", "prefill"),
    verbs=1,
)


def test_every_number_of_a_seed_is_measured():
    shapes = {key: np.shape(numbers) for key, numbers in measure(SMALL, 0).items()}
    assert shapes == {
        "changes": (3, 6, 4),
        "behaviour": (3, 2),
        "needed": (2, 3, 2),
        "near": (2, 2, 1),
        "refused": (2, 2),
        "passed": (2, 2),
        "within": (2, 1),
    }


def test_refusals_at_random_are_of_any_noun_and_so_are_answers(rng):
    world = World(replace(SMALL.world, harmless=2), seed=0)
    draw = told_apart_by_nothing(world, replace(SMALL.stages, replay=0.0, refused=0.5))
    refusal, nouns = world.ids[world.refusal[0]], (*world.harmless, *world.forbidden)
    counts = np.zeros((2, 4))
    for _ in range(2000):
        row = draw(rng).ids
        noun = [n for n, word in enumerate(nouns) if world.ids[word] in row]
        counts[int(refusal in row), noun[0]] += 1
    assert np.abs(counts / 2000 - 1 / 8).max() < 0.03


def test_nearness_is_0_at_the_refused_centre_and_1_at_the_answered_one():
    refused, answered = np.zeros((1, 2)), np.array([[4.0, 0.0]])
    vectors = np.array([[[0.0, 0.0]], [[4.0, 0.0]], [[2.0, 7.0]], [[1.0, 0.0]]])
    assert nearness(vectors, refused, answered)[:, 0].tolist() == [0.0, 1.0, 0.5, 0.25]


def test_all_of_a_change_is_the_model_and_none_of_it_does_not_refuse():
    """A small model that refuses both of its nouns."""
    _, told, safe = small_chain()
    settings = replace(SMALL, nouns=(2,))
    none, _, all_of_it = needed(told, [safe], WORLD, settings)[0]
    assert all_of_it == behaviour(safe, WORLD, 2) == [1.0, 1.0] and none[0] == 0.0


def test_requests_lie_where_their_own_kind_does():
    settings = replace(SMALL, attacks=Attacks(begun=2))
    found = under_attack(small_chain()[2], WORLD, settings, 0)
    direct, prefilled = range(2)
    harmless, forbidden = range(2)
    assert (found["near"][direct, harmless] > 0.7).all()
    assert (found["near"][direct, forbidden] < 0.3).all()
    assert found["passed"][direct].tolist() == [1.0, 0.0]
    assert found["passed"][prefilled, forbidden] == 1.0
    np.testing.assert_allclose(found["refused"][direct], [0.0, 1.0], atol=0.1)


def test_the_settings_of_the_study_are_about_each_attack_that_is_named():
    assert {"direct", "prefix", "prefill", "encoding"} <= {*STUDY.settings.attacked}
    assert max(STUDY.settings.nouns) == STUDY.settings.world.forbidden


RANK, INSIDE, CHANCE = range(3)
HARMLESS, FORBIDDEN = range(2)


def test_the_study_says_that_the_rank_of_the_change_is_that_of_any_training():
    """Neither how many nouns are refused nor whether refusals mean anything makes a difference."""
    rank = read_study("safety_change")["changes"][..., RANK].mean(axis=-1)  # (seeds, M)
    for one, other in ((2, 0), (2, 3)):
        mean, half = mean_and_interval(rank[:, one] - rank[:, other])
        assert abs(mean) + half < 0.5 < 10 < rank.mean() < 11


def test_the_study_says_that_changes_lie_in_the_column_space_more_than_by_chance():
    """Those of safety not otherwise than those of refusals at random."""
    changes = read_study("safety_change")["changes"].mean(axis=2)
    gained = changes[..., INSIDE] - changes[..., CHANCE]
    assert gained.min() > 0.1
    mean, half = mean_and_interval(gained[:, 2] - gained[:, 3])
    assert abs(mean) + half < 0.02


def test_the_study_says_that_few_directions_are_needed_and_not_as_many_as_nouns():
    """Ranks at which 0.95 are refused and as many helped: with 2 nouns mostly more than 2."""
    needed_ranks = read_study("safety_change")["needed"]  # (seeds, M - 1, R, 2)
    enough = (needed_ranks >= 0.95).all(axis=-1)
    assert enough.any(axis=-1).all()
    least = np.array(STUDY.settings.truncated)[enough.argmax(axis=-1)]
    assert (least[:, 0] > 2).sum() == 8 and least.max() == 8
    mean, half = mean_and_interval((least[:, 2] - least[:, 0]).astype(float))
    assert mean - half < 0.0 < mean + half and half > 1.0  # no more can be said


def of_attack(name):
    """Nearness behind the last layer (seeds, G), and how probable no refusal is, (seeds,)."""
    stored, place = read_study("safety_change"), STUDY.settings.attacked.index(name)
    return stored["near"][:, place, :, -1], 1.0 - stored["refused"][:, place, FORBIDDEN]


def test_the_study_says_that_nearer_requests_pass_where_an_attack_passes_sometimes():
    """Over seeds; in the mean also over the requests of one model."""
    stored = read_study("safety_change")
    for name in ("suppression", "encoding"):
        near, passes = of_attack(name)
        assert rank_correlation(near[:, FORBIDDEN], passes) > 0.7
        within = stored["within"][:, STUDY.settings.attacked.index(name), -1]
        mean, half = mean_and_interval(within)
        assert mean - half > 0.5


def test_the_study_says_that_begun_answers_lie_where_those_to_harmless_requests_do():
    """They always pass, and are half-way between both centres whatever was asked."""
    near, _ = of_attack("direct")
    assert (near[:, HARMLESS] - near[:, FORBIDDEN]).min() > 0.5
    for name in ("prefix", "prefill"):
        near, passes = of_attack(name)
        assert passes.min() > 0.95 and np.abs(near - 0.46).max() < 0.1
        assert np.abs(near[:, HARMLESS] - near[:, FORBIDDEN]).max() < 0.06
