"""The study of known shifts: its parts by themselves, and what it found."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch import known_shift
from minillm.labs.mismatch.known_shift import (
    STUDY,
    Settings,
    covariate_shift,
    label_shift,
    of_tools,
    ratio_of,
    trained,
    two_samples,
    with_prior,
)
from minillm.labs.small_encoder import Encoder, Learning, probabilities
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study
from minillm.labs.worlds.majorities import Reviews

FAST = Settings(
    learned=200,
    held=400,
    tested=200,
    compared=100,
    model=Encoder(width=16, n_heads=2, hidden=16, std=0.02),
    learning=Learning(steps=40, rate=1e-2),
)


def test_the_weights_are_the_ratio_of_what_is_drawn(rng):
    """Weighted by it, reviews before the shift have as many opinions of tools as those behind."""
    before = FAST.world.draw(20_000, FAST.source, rng)
    ratio, tools = ratio_of(FAST, 3), of_tools(FAST.world, before)
    np.testing.assert_allclose(ratio, [1 / 27, 1 / 3, 3, 27])
    found = np.bincount(tools, weights=ratio[tools], minlength=4) / 20_000
    np.testing.assert_allclose(found, [1 / 64, 9 / 64, 27 / 64, 27 / 64], atol=0.06)
    np.testing.assert_allclose(ratio_of(replace(FAST, target=FAST.source), 3), 1.0)
    with pytest.raises(ValueError, match="source never has kind 1, 2, 3"):
        ratio_of(replace(FAST, source=0.0), 3)


def test_reviews_of_no_weight_are_never_learned(rng):
    """What else stands in the place of those does not matter."""
    reviews = FAST.world.draw(20, FAST.source, rng)
    weights = np.repeat([0.1, 0.0], 10)
    other = Reviews(np.where(weights[:, None] > 0, reviews.ids, 0), reviews.labels)
    asked, short = reviews.ids[:3], replace(FAST, learning=Learning(steps=3))
    said = [probabilities(trained(short, r, weights, 0), asked) for r in (reviews, other)]
    np.testing.assert_array_equal(*said)
    even = probabilities(trained(short, reviews, np.full(20, 0.05), 0), asked)
    assert np.abs(even - said[0]).max() > 1e-6


def test_so_many_reviews_are_praise_as_the_prior_says(rng):
    drawn = FAST.world.draw(300, 0.5, rng)
    found = with_prior(drawn, 0.2, 100)
    assert len(found.labels) == 100 and found.labels.sum() == 20
    with pytest.raises(ValueError, match="300 reviews of class 1, got"):
        with_prior(drawn, 1.0, 300)


def test_where_nothing_shifts_nothing_is_corrected():
    same = replace(FAST, target=FAST.source, priors=(0.5,))
    found = covariate_shift(same, 0)
    assert found["covariate, effective"] == pytest.approx(1.0)
    assert found["covariate, accuracy"][0] == found["covariate, accuracy"][1]
    assert found["covariate, estimate"][0] == pytest.approx(found["covariate, estimate"][1])
    (as_it_is, corrected, _), *_ = label_shift(same, 0)["label, accuracy"]
    assert abs(as_it_is - corrected) < 0.05


def test_three_models_learn_the_source_the_weighted_source_and_the_target(monkeypatch):
    given = []

    def note(s, reviews, weights, seed):
        given.append((of_tools(s.world, reviews), weights))
        return trained(replace(s, learning=Learning(steps=1)), reviews, weights, seed)

    monkeypatch.setattr(known_shift, "trained", note)
    covariate_shift(FAST, 0)
    (source, even), (same, weights), (target, also_even) = given
    np.testing.assert_array_equal(source, same)
    np.testing.assert_allclose([even, also_even], 1 / 200)
    np.testing.assert_allclose(weights, ratio_of(FAST, 3)[source] / ratio_of(FAST, 3)[source].sum())
    assert source.mean() < 1 < 2 < target.mean()


def test_answers_are_corrected_by_what_was_found_and_by_what_is_true():
    unsure = replace(FAST, learning=Learning(steps=12, rate=1e-2))
    (as_it_is, found, known), *_ = label_shift(unsure, 0)["label, accuracy"]
    assert found > as_it_is + 0.1 and known > as_it_is + 0.1


def test_two_samples_are_told_apart_where_there_is_a_shift():
    found = two_samples(FAST, 0)
    assert found["two samples, shift"][0] > 0.65 and found["two samples, shift"][1] < 0.01
    assert abs(found["two samples, no shift"][0] - 0.5) < 0.2


def means(name):
    """A number of the study over its seeds: means and half-widths."""
    return mean_and_interval(read_study(STUDY.name)[name])


@pytest.mark.guide("G45")
def test_the_study_says_that_the_found_prior_is_nearer_than_the_counted_one():
    errors = means("label, error")[0]  # rows: priors; counted, found
    assert (errors[:2, 1] < errors[:2, 0] / 2).all() and errors[:, 1].max() < 0.05


@pytest.mark.guide("G45")
def test_the_study_says_that_who_knows_the_prior_answers_better_where_it_has_moved_far():
    before, found, known = read_study(STUDY.name)["label, accuracy"].transpose(2, 0, 1)
    gain, half = mean_and_interval(found - before)
    assert gain[0] - half[0] > 0 and abs(gain[2]) < 0.01  # a prior of 0.05; and of one half
    assert np.abs(known - found).mean(axis=0).max() < 0.02


@pytest.mark.guide("G45")
def test_the_study_says_that_known_weights_mend_the_estimate_but_not_the_model():
    (plain, weighted), _ = means("covariate, estimate")
    assert plain > 0.03 and abs(weighted) < plain / 2
    numbers = read_study(STUDY.name)["covariate, accuracy"]
    gain, half = mean_and_interval(numbers[:, 1] - numbers[:, 0])
    assert gain - half < 0 and means("covariate, effective")[0] < 0.4


def test_the_study_says_that_only_a_shift_is_found():
    found, none = (
        read_study(STUDY.name)[f"two samples, {name}"][:, 1] for name in ("shift", "no shift")
    )
    assert found.max() < 1e-4 and (none < 0.05).sum() <= 2  # of ten
