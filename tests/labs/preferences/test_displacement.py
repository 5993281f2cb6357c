"""Likelihood displacement: the first step in closed form, and for which pairs it is a fall."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import mean_and_interval, read_study
from minillm.labs.preferences.displacement import (
    STUDY,
    Pairs,
    embeddings_of,
    first_step,
    measure,
    outputs_of,
    pairs_of,
    trained,
    unit,
)

SETTINGS = STUDY.settings
SMALL = replace(SETTINGS, pairs=40, steps=2)


def test_answers_of_one_group_are_alike_and_others_are_not(rng):
    embeddings = embeddings_of(SETTINGS, rng)
    cosines = embeddings @ embeddings.T
    np.testing.assert_allclose(np.diag(cosines), 1.0)
    group = np.arange(32) // 4
    same = (group[:, None] == group) & ~np.eye(32, dtype=bool)
    assert cosines[same].min() > 0.9 > 0.7 > np.abs(cosines[group[:, None] != group]).max()


def test_pairs_are_of_two_answers_half_of_them_of_one_group_and_the_third_of_another(rng):
    chosen, rejected, third, lean = pairs_of(SETTINGS, rng)
    assert (chosen != rejected).all()
    assert (chosen // 4 == rejected // 4)[::2].all()
    assert (chosen // 4 == rejected // 4)[1::2].mean() < 0.3
    assert (third // 4 != chosen // 4).all() and (third // 4 != rejected // 4).all()
    assert lean.min() >= 0.8 and lean.max() <= 1.6 and lean.std() > 0.1


def test_orthogonal_outputs_are_and_all_outputs_are_of_one_length(rng):
    embeddings = embeddings_of(SETTINGS, rng)
    outputs = outputs_of(SETTINGS, "orthogonal", embeddings, 0)
    np.testing.assert_allclose(outputs @ outputs.T, 64 * np.eye(32), atol=1e-12)
    np.testing.assert_array_equal(outputs_of(SETTINGS, "tied", embeddings, 0), 8 * embeddings)
    with pytest.raises(ValueError, match="tied or orthogonal, got 'free'"):
        outputs_of(SETTINGS, "free", embeddings, 0)
    with pytest.raises(ValueError, match="33 orthogonal vectors need a width of as many, got 32"):
        outputs_of(SETTINGS, "orthogonal", np.ones((33, 32)), 0)


def test_by_hand_a_third_answer_that_is_more_like_the_chosen_one_takes_its_place():
    """No and Never are nearly one; what the policy says is Yes, which is more like No."""
    no, never, yes = np.array([1.0, 0.0]), unit(np.array([1.0, -0.1])), np.array([0.6, 0.8])
    outputs, hidden = 8 * np.array([no, never, yes]), 0.7 * unit(np.array([[0.8, 0.6]]))
    pair = Pairs(np.array([0]), np.array([1]), np.array([2]), np.ones(1))
    expected = first_step(outputs, hidden, pair, SETTINGS.rate, SETTINGS.beta)
    before, one, _ = trained(SMALL, outputs, hidden, pair)
    assert expected[0] < 0 and (one - before)[0, 0] == pytest.approx(expected[0], rel=0.05)
    assert (one - before)[0, 1] < (one - before)[0, 0]  # the margin grows all the same


def test_the_first_step_is_its_closed_form_and_orthogonal_outputs_displace_nothing():
    found = measure(SMALL, 100)
    for kind in SETTINGS.outputs:
        first, expected = found[f"first_{kind}"], found[f"closed_form_{kind}"]
        assert np.abs(first - expected).max() < 0.02 * np.abs(expected).max()
    assert (found["first_orthogonal"] > 0).all() and (found["first_tied"] < 0).any()
    assert found["rank_first_tied"] > 0.6 > 0.4 > abs(found["rank_first_orthogonal"])


def test_in_five_seeds_similarity_foretells_the_damage_only_where_outputs_are_tied():
    found = read_study("displacement")
    for kind in ("tied", "orthogonal"):
        first, expected = found[f"first_{kind}"], found[f"closed_form_{kind}"]
        assert np.abs(first - expected).max() < 0.02 * np.abs(expected).max()
    for when in ("first", "last"):
        mean, half = mean_and_interval(found[f"rank_{when}_tied"])
        assert mean - half > 0.6
        mean, half = mean_and_interval(found[f"rank_{when}_orthogonal"])
        assert abs(mean) < half + 0.05 and half < 0.2
        assert (found[f"{when}_orthogonal"] > 0).all()
        fell = found[f"{when}_tied"] < 0
        assert fell[:, ::2].mean() > 0.02 and fell[:, 1::2].mean() < 0.5 * fell[:, ::2].mean()


def test_in_five_seeds_among_pairs_that_are_alike_similarity_says_little_of_which_one_loses():
    """It tells alike pairs from others; which third answer stands by decides the rest."""
    found = read_study("displacement")
    mean, half = mean_and_interval(found["rank_of_alike_tied"])
    assert mean - half > 0 and mean + half < 0.4
    mean, half = mean_and_interval(found["rank_of_alike_orthogonal"])
    assert abs(mean) < half + 0.02
