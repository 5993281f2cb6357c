"""The clue that turns: exact accuracies, fitted weights against their limits, what helps."""

import math

import numpy as np
import pytest

from minillm.labs import mean_and_interval, read_study
from minillm.labs.regularization.spurious import (
    SHIFTED,
    Sample,
    draw,
    exact_accuracy,
    fit,
    normal,
    reweighted,
    with_dropout,
)

LIMIT = np.array([2.0, math.log(0.95 / 0.05), 0.0])  # log odds: 2 x1 + s log(a / (1 - a))


def test_the_exact_accuracy_is_what_a_large_sample_gives(rng):
    sample = draw(200_000, 2.0, rng)
    theta = np.array([1.0, 0.3, -0.2])
    right = np.sign(sample.x @ theta[:2] + theta[2]) == sample.y
    assert exact_accuracy(theta, 2.0, 0.95) == pytest.approx(right.mean(), abs=0.003)


def test_the_clue_alone_is_right_as_often_as_it_agrees():
    assert exact_accuracy(np.array([1e-3, 1.0, 0.0]), 1.0, SHIFTED) == pytest.approx(SHIFTED)
    assert exact_accuracy(np.array([1.0, 0.0, 0.0]), 1.0, SHIFTED) == pytest.approx(normal(1))


@pytest.mark.parametrize("scale", [2.0, 0.5])
def test_plain_regression_finds_the_log_odds(scale, rng):
    found = fit(draw(100_000, scale, rng)) * [1, scale, 1]
    np.testing.assert_allclose(found, LIMIT, atol=0.08)


@pytest.mark.parametrize("scale", [2.0, 0.5])
def test_a_strong_penalty_leaves_the_mean_of_y_x_over_twice_the_strength(scale, rng):
    """Near 0 the loss falls by y x / 2, and the penalty holds against it."""
    w1, w2, _ = fit(draw(100_000, scale, rng), strength=100.0)
    np.testing.assert_allclose([w1, w2], [1 / 200, 0.9 * scale / 200], rtol=0.02)


def test_the_bias_is_free_of_the_penalty():
    """Where x says nothing, three of four positive ones have the log odds of 3."""
    sample = Sample(np.zeros((4, 2)), np.array([1.0, 1.0, 1.0, -1.0]), np.full(4, 1 / 4))
    np.testing.assert_allclose(fit(sample, strength=10.0), [0, 0, math.log(3)], atol=1e-4)


def test_reweighted_regression_gives_the_clue_no_weight(rng):
    found = fit(reweighted(draw(100_000, 2.0, rng)))
    np.testing.assert_allclose(found, [2, 0, 0], atol=0.08)


def test_every_group_has_a_quarter_of_the_weight(rng):
    sample = reweighted(draw(300, 0.5, rng))
    for y in (-1, 1):
        for s in (-1, 1):
            group = (sample.y == y) & (np.sign(sample.x[:, 1]) == s)
            assert sample.weights[group].sum() == pytest.approx(0.25)


def test_the_four_masks_keep_weight_and_mean(rng):
    sample = draw(50, 2.0, rng)
    noisy = with_dropout(sample, 0.3)
    assert len(noisy.y) == 200 and noisy.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(noisy.weights @ noisy.x, sample.weights @ sample.x)


@pytest.mark.guide("G47")
def test_g47_in_ten_seeds_penalty_follows_the_scale_and_only_reweighting_serves_both():
    """Columns of the results: large clue, small clue; in distribution, shifted."""
    results = read_study("spurious")
    mean = {name: mean_and_interval(values)[0] for name, values in results.items()}
    assert mean["L2 1"][0, 1] < mean["plain"][0, 1] - 0.2  # large clue: much worse
    assert mean["L2 1"][1, 1] > mean["plain"][1, 1] + 0.3  # small clue: much better
    assert abs(mean["dropout 0.3"] - mean["plain"]).max() < 0.02
    assert mean["reweighted"][:, 1].min() > 0.8
    assert mean["reweighted"][0, 0] < mean["plain"][0, 0] - 0.1  # its price
