"""The study of refusal directions by tense: which requests give them, and what they do."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch import spelled_directions
from minillm.labs.mismatch.spelled_directions import (
    STUDY,
    Settings,
    cosines,
    directions,
    examined,
    first_words_of,
    measure,
    random_directions,
    with_verbs,
)
from minillm.labs.mismatch.tenses import TENSES, asked_in
from minillm.labs.request_stages import Tuning
from minillm.labs.small_gpt import GptSizes, new_gpt
from minillm.labs.stream_directions import last_vectors
from tests.labs.mismatch.test_tenses import BRIEF, WORLD, chain, planted

HARMLESS, FORBIDDEN = range(2)
PRESENT, OWN, RANDOM = range(3)  # directions
REFUSES, HELPS = range(2)
SMALL = Settings(world=BRIEF.world, stages=BRIEF.stages, verbs=2, randoms=2)


def test_requests_with_some_verbs_are_those_of_all_ways():
    first, second = (
        with_verbs(WORLD, WORLD.forbidden, "past", verbs)
        for verbs in (WORLD.verbs[:2], WORLD.verbs[2:])
    )
    assert len(first) == 3 * 2 * 2 and len(second) == 3 * 1 * 2
    assert {a.request.verb for a in second} == {*WORLD.verbs[2:]}
    whole = asked_in(WORLD, WORLD.forbidden, "past")
    assert {a.before for a in (*first, *second)} == {a.before for a in whole}


def test_a_direction_is_the_difference_of_means_of_its_tense():
    model = new_gpt(GptSizes(width=8), vocabulary_size=len(WORLD.names), max_length=64, seed=0)
    found = directions(model, WORLD, WORLD.verbs[:1])
    assert found.shape == (3, 2, 8)
    for tense, direction in zip(TENSES, found, strict=True):
        means = []
        for nouns in (WORLD.forbidden, WORLD.harmless):
            asked = [a for a in asked_in(WORLD, nouns, tense) if a.request.verb == WORLD.verbs[0]]
            means.append(last_vectors(model, [WORLD.encode(a.before) for a in asked]).mean(axis=0))
        np.testing.assert_allclose(direction, means[0] - means[1], rtol=1e-4, atol=1e-5)


def test_cosines_by_hand():
    one = np.array([[3.0, 4.0], [1.0, 0.0]])  # (L, D)
    others = np.stack([2.0 * one, -one, one[:, ::-1]])
    np.testing.assert_allclose(cosines(one, others), [[1, 1], [-1, -1], [0.96, 0]], atol=1e-12)


def test_random_directions_are_as_long_as_the_one_they_stand_beside():
    like = np.array([[3.0, 4.0, 0.0], [0.0, 0.1, 0.0]])
    drawn = random_directions(like, 400, 0)
    lengths = np.linalg.norm(drawn, axis=-1)
    np.testing.assert_allclose(lengths, np.broadcast_to([5.0, 0.1], (400, 2)))
    assert np.abs(cosines(like, drawn).mean(axis=0)).max() < 0.15
    assert np.abs(drawn - random_directions(like, 400, 1)).max() > 0.01


def test_first_words_are_those_of_a_refusal_or_of_an_answer():
    model = planted(lambda r: float(r.noun in WORLD.harmless or r.template == 0))
    tested = [asked_in(WORLD, nouns, "past") for nouns in (WORLD.harmless, WORLD.forbidden)]
    found = np.array(first_words_of(model, WORLD, tested))
    np.testing.assert_allclose(found, [[0.0, 1.0], [2 / 3, 1 / 3]])


def test_what_is_moved_is_the_present_s_direction_the_tense_s_own_and_random_ones(monkeypatch):
    """A planted step gives the direction back, and which requests it was asked about."""
    sizes = {"vocabulary_size": len(WORLD.names), "max_length": 64}
    model = new_gpt(GptSizes(width=2, n_heads=1), **sizes, seed=0)

    def given_back(model, world, tested, some, layer):
        assert {a.request.verb for group in tested for a in group} == {WORLD.verbs[2]}
        nouns = [group[0].request.noun for group in tested]
        assert nouns == [world.harmless[0], world.forbidden[0]]
        return np.abs(some).sum(axis=0)

    monkeypatch.setattr(spelled_directions, "begins", given_back)
    monkeypatch.setattr(spelled_directions, "first_words_of", lambda *_: 0.0)
    moved = examined(model, WORLD, SMALL, 0)["moved"]  # (C, T, L, D)
    found = directions(model, WORLD, WORLD.verbs[:2])
    random = np.abs(random_directions(found[0], 2, 0)).sum(axis=0)
    np.testing.assert_allclose(moved[OWN], np.abs(found), rtol=1e-5)
    for tense in range(3):
        np.testing.assert_allclose(moved[PRESENT, tense], np.abs(found[0]), rtol=1e-5)
        np.testing.assert_allclose(moved[RANDOM, tense], random, rtol=1e-5)


@pytest.mark.guide("G44")
def test_in_a_small_model_the_direction_of_the_present_works_in_all_tenses():
    """It refuses in all of them: moved at the last token, requests change sides."""
    case, _, everywhere = chain()
    found = examined(everywhere, case.world, SMALL, 0)
    assert found["cosines"].shape == (3, 2) and found["before"].shape == (3, 2, 2)
    assert found["moved"].shape == (3, 3, 2, 2, 2)
    np.testing.assert_array_equal(found["before"][:, FORBIDDEN, REFUSES], 1.0)
    assert found["cosines"][:, -1].min() > 0.9
    last = found["moved"][:, :, -1]  # (C, T, G, 2)
    assert last[PRESENT, :, HARMLESS, REFUSES].min() > 0.9
    assert last[PRESENT, :, FORBIDDEN, HELPS].min() > 0.9
    assert last[RANDOM, :, HARMLESS, REFUSES].max() < 0.2


def test_every_number_of_a_seed_is_measured():
    one = Tuning(steps=1, warmup=0, batch=2)
    stages = replace(
        BRIEF.stages,
        model=GptSizes(width=8, n_layers=1, n_heads=2),
        **dict.fromkeys(("pretraining", "instruction", "safety"), one),
    )
    shapes = {k: v.shape for k, v in measure(replace(SMALL, stages=stages), 0).items()}
    assert shapes == {
        "cosines": (2, 3, 1),
        "before": (2, 3, 2, 2),
        "moved": (2, 3, 3, 1, 2, 2),
    }
    assert len(STUDY.seeds) == 5


@pytest.mark.parametrize("wrong", [{"verbs": 0}, {"verbs": 10}, {"randoms": 0}])
def test_settings_that_leave_nothing_to_compare_are_refused(wrong):
    with pytest.raises(ValueError, match="spelled_directions: Settings needs verbs from 1"):
        Settings(**wrong)
