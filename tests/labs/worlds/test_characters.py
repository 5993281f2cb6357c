"""Two hidden Markov characters: what they write, and the exact posterior, against all paths."""

from itertools import product

import numpy as np
import pytest

from minillm.labs.worlds.characters import (
    Characters,
    Sizes,
    as_text,
    helpful_weight,
)

HELPFUL, REFUSING = 0, 1
SMALL = Sizes(states=3, words=4, length=3, demonstrations=2, apart=0.8, concentration=1.0)
WORLD = Characters(SMALL, seed=0)


def probability(words, who):
    """p(words | character) as a sum over all paths of hidden states."""
    total = 0.0
    for path in product(range(SMALL.states), repeat=len(words)):
        p, before = 1.0, 0
        for state, word in zip(path, words, strict=True):
            p *= WORLD.transitions[who, before, state] * WORLD.emissions[state, word]
            before = state
        total += p
    return total


def test_predictions_are_those_of_all_paths():
    words = np.array([2, 0, 1])
    found = WORLD.predictions(words)
    assert found.shape == (3, 2, 4)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0)
    for t, who, word in product(range(3), (HELPFUL, REFUSING), range(4)):
        given = probability(words[:t], who)
        expected = probability([*words[:t], word], who) / given
        assert found[t, who, word] == pytest.approx(expected)


@pytest.mark.parametrize("log_odds", [0.0, -1.5])
def test_the_best_prediction_is_that_of_bayes_rule(log_odds, rng):
    words = WORLD.demonstrations(np.array([HELPFUL]), rng)
    prior = {HELPFUL: np.exp(log_odds), REFUSING: 1.0}
    found = WORLD.expected(words, log_odds)[0]
    for n, t in product(range(2), range(3)):
        joint = np.zeros(4)
        for who, odds in prior.items():
            earlier = np.prod([probability(one, who) for one in words[0, :n]])
            for word in range(4):
                joint[word] += odds * earlier * probability([*words[0, n, :t], word], who)
        np.testing.assert_allclose(found[n, t], joint / joint.sum())


def test_the_log_ratio_counts_the_words_before(rng):
    words = WORLD.demonstrations(np.array([REFUSING, HELPFUL]), rng)
    found = WORLD.log_ratios(words)
    assert found.shape == (2, 2, 3) and (found[:, 0, 0] == 0.0).all()
    one = [np.log(probability(words[1, 0], who)) for who in (HELPFUL, REFUSING)]
    assert found[1, 1, 0] == pytest.approx(one[0] - one[1])


def test_what_is_written_is_as_frequent_as_it_is_probable(rng):
    for who in (HELPFUL, REFUSING):
        words = WORLD.demonstrations(np.full(20_000, who), rng)
        assert words.shape == (20_000, 2, 3)
        counts = np.bincount(words[:, 1] @ [16, 4, 1], minlength=64) / 20_000
        expected = [probability(one, who) for one in product(range(4), repeat=3)]
        assert np.abs(counts - expected).max() < 0.012
    drawn = WORLD.log_ratios(WORLD.demonstrations(np.full(2000, HELPFUL), rng))
    assert drawn[:, -1, -1].mean() > 0.0  # characters give themselves away


def test_characters_that_are_not_apart_are_one():
    same = Characters(Sizes(apart=0.0), seed=3)
    np.testing.assert_array_equal(same.transitions[0], same.transitions[1])
    other = Characters(Sizes(apart=1.0), seed=3)
    assert np.abs(other.transitions[0] - other.transitions[1]).max() > 0.3
    assert np.abs(other.emissions - Characters(Sizes(apart=1.0), seed=4).emissions).max() > 0.1


def test_a_text_has_a_mark_before_every_demonstration():
    words = np.array([[[0, 1], [2, 3]]])
    assert as_text(words, 9).tolist() == [[9, 0, 1, 9, 2, 3]]


def test_weights_have_no_overflow():
    found = helpful_weight(np.array([-1e4, 0.0, np.log(3.0), 1e4]))
    np.testing.assert_allclose(found, [0.0, 0.5, 0.75, 1.0])
