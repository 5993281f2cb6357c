"""The study of demonstrations and Bayes' rule: its fit, its weights, what the numbers say."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.conflict.many_shots import (
    STUDY,
    law,
    measure,
    predicted,
    weights_of,
    written,
)
from minillm.labs.small_gpt import GptSizes, GptTraining, new_gpt
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study
from minillm.labs.worlds.characters import Characters, Sizes, helpful_weight

HELPFUL, REFUSING = 0, 1
BRIEF = GptTraining(batch=2, steps=2, warmup=1)
SMALL = replace(
    STUDY.settings,
    sizes=Sizes(words=5, length=3, demonstrations=4, apart=1.0),
    model=GptSizes(width=8, n_layers=1, n_heads=2),
    reading=BRIEF,
    safety=BRIEF,
    tested=6,
)
WORLD = Characters(Sizes(words=8, apart=1.0), seed=1)


def tilted(words, prior, efficiency):
    """Predictions that follow the law exactly."""
    w = helpful_weight(prior + efficiency * WORLD.log_ratios(words))[..., None]
    p = WORLD.predictions(words)
    return w * p[..., HELPFUL, :] + (1.0 - w) * p[..., REFUSING, :]


@pytest.mark.parametrize(("prior", "efficiency"), [(0.0, 1.0), (-2.0, 0.5), (1.0, 0.2)])
def test_prior_and_efficiency_of_predictions_that_have_them_are_found(prior, efficiency, rng):
    words = WORLD.demonstrations(np.arange(40) % 2, rng)
    found = law(STUDY.settings, WORLD, words, tilted(words, prior, efficiency))
    assert found == pytest.approx([prior, efficiency, 0.0], abs=0.05)


def test_the_weight_in_a_mixture_is_found(rng):
    words = WORLD.demonstrations(np.full(30, HELPFUL), rng)
    for weight in (0.0, 0.3, 1.0):
        q = tilted(words, np.log(weight + 1e-30) - np.log(1 - weight + 1e-30), 0.0)
        np.testing.assert_allclose(weights_of(WORLD, words, q), weight, atol=1e-9)


def test_a_gpt_is_asked_before_every_word_and_the_mark_is_left_out(rng):
    world = Characters(SMALL.sizes, seed=0)
    model = new_gpt(SMALL.model, vocabulary_size=6, max_length=16, seed=0)
    words = world.demonstrations(np.array([0, 1]), rng)
    found = predicted(model, words)
    assert found.shape == (2, 4, 3, 5)
    text = np.array([[5, *words[1, 0], 5, *words[1, 1, :1]]])
    logits = model(text).data[0, -1, :5].astype(np.float64)
    np.testing.assert_allclose(found[1, 1, 1], np.exp(logits) / np.exp(logits).sum(), rtol=1e-4)


def test_that_share_of_texts_is_by_the_refusing_character(rng):
    drawn = np.array(written(WORLD, 0.9, rng)(500))
    words = drawn.reshape(500, 16, 8)[:, :, 1:]
    assert (drawn[:, ::8] == 8).all()
    assert (WORLD.log_ratios(words)[:, -1, -1] < 0).mean() == pytest.approx(0.9, abs=0.04)


def test_every_number_of_a_seed_is_measured():
    shapes = {key: np.shape(numbers) for key, numbers in measure(SMALL, 0).items()}
    each = dict.fromkeys(("distance", "weight", "shuffled"), (4, 4))
    each |= dict.fromkeys(("exact", "exact, shuffled", "ratio"), (4,))
    assert shapes == {**each, "law": (4, 3)}


BASE, HALF, MOST, ALL = range(4)  # the GPT that has read, and the shares of ``refusing``
PRIOR, EFFICIENCY = 0, 1


def bounds(values):
    """The 95 % interval of a mean over seeds."""
    mean, half = mean_and_interval(values)
    return mean - half, mean + half


def test_the_study_says_that_the_gpt_follows_demonstrations_slower_than_bayes_rule():
    """Its predictions are close all the same, and are a mixture of both characters."""
    stored = read_study("many_shots")
    assert STUDY.settings.refusing == (0.5, 0.95, 1.0)
    assert bounds(stored["law"][:, BASE, EFFICIENCY])[1] < 0.5
    assert stored["distance"][:, BASE].mean(axis=-1).max() < 0.02
    assert stored["law"][..., 2].max() < 0.02


def test_the_study_says_that_a_stage_with_both_characters_alike_moves_neither_number():
    """The control: as many steps, and intervals that are narrow."""
    law = read_study("many_shots")["law"]
    for place, most in ((PRIOR, 0.15), (EFFICIENCY, 0.05)):
        low, high = bounds(law[:, HALF, place] - law[:, BASE, place])
        assert -most < low < 0.0 < high < most


@pytest.mark.parametrize(("stage", "prior", "kept"), [(MOST, -1.0, 0.75), (ALL, -1.5, 0.4)])
def test_the_study_says_that_safety_lowers_the_prior_and_the_efficiency_too(stage, prior, kept):
    """In every seed: what is published says of the prior alone that it moves."""
    law = read_study("many_shots")["law"]
    moved = law[:, stage] - law[:, BASE]
    assert bounds(moved[:, PRIOR])[1] < prior
    assert bounds(moved[:, EFFICIENCY])[1] < 0.0 and moved[:, EFFICIENCY].max() < 0.0
    low, high = bounds(law[:, stage, EFFICIENCY] / law[:, BASE, EFFICIENCY])
    assert low > 0.0 and high < kept


def test_the_study_says_that_suppressed_behaviour_comes_back_where_it_was_still_read():
    """With none of it in the safety stage, demonstrations may or may not bring it back."""
    weight = read_study("many_shots")["weight"]
    assert weight[:, MOST, 0].max() < 0.4 and weight[:, MOST, -1].min() > 0.6
    gained = weight[..., -1] - weight[..., 0]
    assert bounds(gained[:, MOST])[0] > 0.3
    low, high = bounds(gained[:, ALL])
    assert low < 0.0 < high < 0.35


def test_the_study_says_that_words_in_random_order_bring_back_a_part_as_bayes_rule_has_it():
    """They are of one character still, by how frequent they are; order adds to that."""
    stored = read_study("many_shots")
    for bayes, by_gpt in (("exact", "weight"), ("exact, shuffled", "shuffled")):
        for weight in (stored[bayes], stored[by_gpt][:, MOST]):
            assert bounds(weight[:, -1] - weight[:, 0])[0] > 0.0
    order = stored["weight"] - stored["shuffled"]
    assert bounds(order[:, MOST, 8])[0] > 0.0
