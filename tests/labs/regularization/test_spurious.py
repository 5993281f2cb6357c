"""Where a clue turns: fitted weights against their limits, and what helps."""

import math
from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import mean_and_interval, read_study
from minillm.labs.regularization import spurious
from minillm.labs.regularization.spurious import (
    STUDY,
    measure,
    regression,
    reweighted,
    with_dropout,
)
from minillm.labs.worlds.clue import Sample, draw, exact_accuracy, normal

BOTH = np.array([1.0, 1.0, 0.0])  # core and clue count alike
LIMIT = np.array([2.0, math.log(0.95 / 0.05), 0.0])  # log odds: 2 x1 + s log(a / (1 - a))


@pytest.mark.parametrize("scale", [2.0, 0.5])
def test_plain_regression_finds_the_log_odds(scale, rng):
    found = regression(draw(100_000, scale=scale, agreement=0.95, rng=rng)) * [1, scale, 1]
    np.testing.assert_allclose(found, LIMIT, atol=0.08)


@pytest.mark.parametrize("scale", [2.0, 0.5])
def test_a_strong_penalty_leaves_the_mean_of_y_x_over_twice_the_strength(scale, rng):
    """Near 0 the loss falls by y x / 2, and the penalty holds against it."""
    w1, w2, _ = regression(draw(100_000, scale=scale, agreement=0.95, rng=rng), strength=100.0)
    np.testing.assert_allclose([w1, w2], [1 / 200, 0.9 * scale / 200], rtol=0.02)


def test_the_bias_is_free_of_the_penalty():
    """Where x says nothing, three of four positive ones have the log odds of 3."""
    sample = Sample(np.zeros((4, 2)), np.array([1.0, 1.0, 1.0, -1.0]), np.full(4, 1 / 4))
    np.testing.assert_allclose(regression(sample, strength=10.0), [0, 0, math.log(3)], atol=1e-4)


def test_reweighted_regression_gives_the_clue_no_weight(rng):
    found = regression(reweighted(draw(100_000, scale=2.0, agreement=0.95, rng=rng)))
    np.testing.assert_allclose(found, [2, 0, 0], atol=0.08)


def test_every_group_has_a_quarter_of_the_weight(rng):
    sample = reweighted(draw(300, scale=0.5, agreement=0.95, rng=rng))
    for y in (-1, 1):
        for s in (-1, 1):
            group = (sample.y == y) & (np.sign(sample.x[:, 1]) == s)
            assert sample.weights[group].sum() == pytest.approx(0.25)


def test_the_four_masks_keep_weight_and_mean(rng):
    sample = draw(50, scale=2.0, agreement=0.95, rng=rng)
    noisy = with_dropout(sample, 0.3)
    assert len(noisy.y) == 200 and noisy.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(noisy.weights @ noisy.x, sample.weights @ sample.x)


def test_dropout_does_not_see_the_units_of_the_clue(rng):
    sample = draw(1000, scale=2.0, agreement=0.95, rng=rng)
    small = sample._replace(x=sample.x / [1, 4])
    found = [regression(with_dropout(one, 0.3)) for one in (sample, small)]
    np.testing.assert_allclose(found[0] * [1, 4, 1], found[1], atol=1e-3)
    penalised = [regression(one, strength=0.1) for one in (sample, small)]
    assert np.abs(penalised[0] * [1, 4, 1] - penalised[1]).max() > 0.5


def test_in_the_mean_of_both_worlds_no_weights_pass_the_core(rng):
    """Together they are a world in which the clue agrees half of the time."""
    for theta in [*rng.standard_normal((100, 3)), np.array([1.0, -0.3, 0.0])]:
        here, there = (exact_accuracy(theta, scale=2.0, agreement=a) for a in (0.95, 0.05))
        assert (here + there) / 2 <= normal(1) + 1e-12
    assert there > normal(1) > here  # a negative weight bets on the shift, and pays at home


@pytest.mark.guide("G47")
def test_one_sample_of_the_training_world_is_judged_in_it_and_then_shifted(monkeypatch):
    """Who believes the clue alone is right as often as it agrees."""
    samples = []

    def believes(settings, sample):
        samples.append(sample)
        return {"clue": np.array([1e-3, 1.0, 0.0]), "both": BOTH}

    monkeypatch.setattr(spurious, "fitted", believes)
    settings = replace(STUDY.settings, examples=2000, in_distribution=0.8, shifted=0.1)
    for seed in (0, 1):
        found = measure(settings, seed)
        np.testing.assert_allclose(found["clue"], [[0.8, 0.1]] * 2)
        assert found["both"].tolist() == [
            [exact_accuracy(BOTH, scale=scale, agreement=a) for a in (0.8, 0.1)]
            for scale in settings.scales
        ]
    large, small, other, _ = samples
    assert [abs(sample.x[0, 1]) for sample in (large, small)] == list(settings.scales)
    agreement = np.mean(np.sign(large.x[:, 1]) == large.y)
    assert agreement == pytest.approx(0.8, abs=0.04)  # four standard errors
    np.testing.assert_array_equal(large.x / [1, 4], small.x)
    assert not np.array_equal(large.x, other.x)


@pytest.mark.guide("G47")
@pytest.mark.parametrize("seed", [100, 101, 102])
def test_g47_in_a_run_of_its_own_penalty_follows_the_scale_and_reweighting_has_its_price(seed):
    found = measure(STUDY.settings, seed)
    plain, strong, weighted = (found[name] for name in ("plain", "L2 1", "reweighted"))
    assert strong[0, 1] < plain[0, 1] - 0.1  # large clue: worse
    assert strong[1, 1] > plain[1, 1] + 0.2  # small clue: better
    assert weighted[:, 1].min() > plain[:, 1].max() + 0.2
    assert weighted[0, 0] < plain[0, 0] - 0.05


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
