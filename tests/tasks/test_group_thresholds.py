"""Thresholds of groups by hand and by trying all of them."""

import itertools

import numpy as np
import pytest

from minillm.tasks.group_thresholds import (
    decided,
    equal_opportunity_thresholds,
    thresholds_of_rate,
)

NAMES = ("a", "b")


def test_each_threshold_is_the_highest_that_finds_the_share():
    scores = np.array([0.9, 0.8, 0.6, 0.4, 0.1, 0.5, 0.3, 0.2, 0.7])
    true = np.array([1, 1, 1, 1, 0, 1, 1, 0, 0])
    groups = np.repeat([0, 1], [5, 4])
    for rate, wanted in ((0.25, (0.9, 0.5)), (0.5, (0.8, 0.5)), (0.51, (0.6, 0.3))):
        found = thresholds_of_rate(scores, true, groups, rate, names=NAMES)
        np.testing.assert_array_equal(found, wanted)
    said = decided(scores, groups, np.array([0.8, 0.5]))
    np.testing.assert_array_equal(said, [1, 1, 0, 0, 0, 1, 0, 0, 1])


@pytest.mark.guide("G55")
def test_of_a_group_that_is_scored_lower_the_threshold_is_lower(rng):
    """Group b has the same people with half the score."""
    score, true = rng.random(400), (rng.random(400) < 0.5).astype(int)
    score = (score + true) / 2
    scores, groups = np.concatenate([score, score / 2]), np.repeat([0, 1], 400)
    found = equal_opportunity_thresholds(scores, np.tile(true, 2), groups, names=NAMES)
    assert found[1] == pytest.approx(found[0] / 2)
    said = decided(scores, groups, found)
    np.testing.assert_array_equal(said[:400], said[400:])
    common = ((scores >= 0.5) == np.tile(true, 2)).mean()
    assert (said == np.tile(true, 2)).mean() > common + 0.1


def test_no_pair_of_thresholds_with_the_same_rate_is_right_more_often(rng):
    """Independent truth: all pairs of thresholds of 6 and 6 positives, those of equal TPR."""
    for _ in range(20):
        scores, groups = rng.random(24), np.repeat([0, 1], 12)
        true = np.tile(np.repeat([0, 1], 6), 2)
        found = equal_opportunity_thresholds(scores, true, groups, names=NAMES)
        right = (decided(scores, groups, found) == true).mean()
        best = 0.0
        for pair in itertools.product(scores[:12], scores[12:]):
            said = decided(scores, groups, np.array(pair))
            rates = [said[(groups == g) & (true == 1)].mean() for g in (0, 1)]
            if rates[0] == rates[1] > 0:
                best = max(best, (said == true).mean())
        assert right == pytest.approx(best)


@pytest.mark.parametrize(
    ("true", "groups", "rate", "says"),
    [
        ([1, 0, 1, 0], [0, 0, 1, 1], 0.0, "rate must be above 0 and at most 1, got 0"),
        ([1, 0, 1, 0], [0, 0, 1, 1], 1.1, "rate must be"),
        ([1, 0, 0, 0], [0, 0, 1, 1], 0.5, "no example of true class 1 is in group 'b'"),
        ([1, 0, 1, 0], [0, 0, 0, 0], 0.5, "no example is in group 'b'"),
        ([1, 0, 1, 0], [0, 0, 1], 0.5, "rows of one length"),
    ],
)
def test_what_has_no_thresholds_is_refused(true, groups, rate, says):
    with pytest.raises(ValueError, match=says):
        thresholds_of_rate(np.full(4, 0.5), true, np.array(groups), rate, names=NAMES)
    with pytest.raises(ValueError, match=r"groups \(1,\) must be as many as scores \(2,\)"):
        decided(np.zeros(2), np.array([0]), np.array([0.5]))


def test_a_rate_of_next_to_nothing_finds_one():
    scores, true = np.array([0.2, 0.9, 0.1]), [1, 1, 0]
    found = thresholds_of_rate(scores, true, np.zeros(3, int), 1e-10, names=["all"])
    np.testing.assert_array_equal(found, [0.9])


@pytest.mark.parametrize(
    ("scores", "groups", "thresholds", "error", "says"),
    [
        ([0.5, np.nan], [0, 1], [0.5, 0.5], ValueError, "scores without NaN"),
        ([0.5, 0.5], [0, 1], [0.5, np.nan], ValueError, "without NaN and one threshold"),
        ([0.5, 0.5], [0, -1], [0.5, 0.5], IndexError, "group -1 at position"),
        ([0.5, 0.5], [0, 1], [0.5], IndexError, "group 1 at position .* thresholds of 1"),
        ([0.5, 0.5], [0, 1], 0.5, ValueError, "one threshold for each group"),
        ([0.5, 0.5], [0.0, 1.0], [0.5, 0.5], TypeError, "groups must be integers"),
    ],
)
def test_what_cannot_be_decided_is_refused(scores, groups, thresholds, error, says):
    with pytest.raises(error, match=says):
        decided(np.array(scores), np.array(groups), np.array(thresholds))
