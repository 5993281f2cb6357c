"""Calibration and mean scores of groups, and texts with the other group's words."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.tasks.group_thresholds import (
    decided,
    equal_opportunity_thresholds,
    thresholds_of_rate,
)
from minillm.tasks.metrics import (
    calibration_by_group,
    calibration_intervals,
    group_accuracy,
    group_rates,
    mean_scores,
    swap_test,
)
from minillm.training.fairness import covariance_penalty, independence_weights
from minillm.training.robust import balanced_weights, group_losses

NAMES = ("a", "b")


@pytest.mark.guide("G55")
def test_calibrated_for_all_may_be_wrong_for_each():
    """All have the score 0.5, and 8 of 10 in one group and 2 of 10 in the other deserve it."""
    scores, groups = np.full(20, 0.5), np.repeat([0, 1], 10)
    true = np.array([1] * 8 + [0] * 2 + [1] * 2 + [0] * 8)
    found = calibration_by_group(scores, true, groups, names=NAMES, bins=10)
    np.testing.assert_allclose(found.error, [0.3, 0.3])
    np.testing.assert_allclose(found.observed[:, 5], [0.8, 0.2])
    np.testing.assert_allclose(found.share.sum(axis=0), [0] * 5 + [2] + [0] * 4)
    one = calibration_by_group(scores, true, 0 * groups, names=["all"], bins=10)
    np.testing.assert_allclose(one.error, [0.0])


def test_calibration_is_what_a_slow_count_finds(rng):
    scores, groups = rng.random(300), rng.integers(2, size=300)
    true = (rng.random(300) < 0.7).astype(int)
    found = calibration_by_group(scores, true, groups, names=NAMES, bins=4)
    for g in (0, 1):
        error = 0.0
        for b in range(4):
            mine = (groups == g) & (scores >= b / 4) & (scores < (b + 1) / 4)
            assert found.predicted[g, b] == pytest.approx(scores[mine].mean())
            assert found.observed[g, b] == pytest.approx(true[mine].mean())
            gap = abs(true[mine].mean() - scores[mine].mean())
            error += mine.sum() / (groups == g).sum() * gap
        assert found.error[g] == pytest.approx(error)


@pytest.mark.guide("G55")
def test_the_interval_of_an_error_is_that_of_a_share_where_all_have_one_score(rng):
    """Independent truth: the error is 0.9 - share, with the share's own standard error."""
    scores, groups = np.full(500, 0.9), np.repeat([0, 1], [400, 100])
    true = (np.arange(500) % 2).astype(int)
    found = calibration_intervals(
        scores, true, groups, names=NAMES, bins=5, draws=1000, level=0.95, rng=rng
    )
    np.testing.assert_allclose(found.value, 0.4)
    half = 1.96 * 0.5 / np.sqrt([400, 100])
    np.testing.assert_allclose(found.low, 0.4 - half, atol=0.015)
    np.testing.assert_allclose(found.high, 0.4 + half, atol=0.015)
    with pytest.raises(ValueError, match="at least 2 examples each"):
        calibration_intervals(
            *(scores[:3], true[:3], np.array([0, 0, 1])),
            names=NAMES,
            bins=5,
            draws=9,
            level=0.9,
            rng=rng,
        )


def test_a_score_of_one_is_in_the_last_bin():
    found = calibration_by_group(
        np.array([1.0, 0.0]), [1, 0], np.array([0, 0]), names=["all"], bins=2
    )
    np.testing.assert_array_equal(found.share, [[0.5, 0.5]])
    np.testing.assert_array_equal(found.error, [0])


def test_the_mean_scores_are_those_of_each_class_and_group():
    scores = np.array([0.1, 0.3, 0.5, 0.7, 0.9, 0.4])
    true, groups = np.array([0, 1, 1, 0, 1, 0]), np.array([0, 0, 0, 1, 1, 1])
    found = mean_scores(scores, true, groups, names=NAMES)
    np.testing.assert_allclose(found, [[0.1, 0.55], [0.4, 0.9]])
    with pytest.raises(ValueError, match="mean_scores: no example of true class 0 is in group 'b'"):
        mean_scores(scores, np.array([0, 1, 1, 1, 1, 1]), groups, names=NAMES)


@pytest.mark.guide("G55")
def test_the_swap_test_sees_direction_size_and_decisions():
    found = swap_test(
        np.array([0.9, 0.2, 0.5, 0.4]),
        np.array([0.5, 0.6, 0.5, 0.3]),
        np.array([1, 0, 1, 0]),
        np.array([1, 1, 1, 0]),
    )
    np.testing.assert_allclose(found, (0.1 / 4, 0.9 / 4, 0.25))


@pytest.mark.parametrize(
    ("scores", "true", "groups", "error", "says"),
    [
        (
            [0.5, 1.5],
            [0, 1],
            [0, 1],
            ValueError,
            r"scores must be in \[0, 1\], got 1\.5 at place 1",
        ),
        ([0.5, np.nan], [0, 1], [0, 1], ValueError, r"scores must be in \[0, 1\], got nan"),
        ([0.5], [0, 1], [0, 1], ValueError, r"scores \(1,\) and true classes \(2,\)"),
        ([0.5, 0.5], [0, 1], [0], ValueError, r"groups \(1,\)"),
        ([], [], [], ValueError, "not empty"),
        ([0.5, 0.5], [0, 2], [0, 1], ValueError, "not one of 0 to 1"),
        ([0.5, 0.5], [0, 1], [0, 0], ValueError, "no example is in group 'b'"),
        ([0.5, 0.5], [0.0, 1.0], [0, 1], TypeError, "must be integers"),
    ],
)
def test_scores_without_classes_or_groups_are_refused(scores, true, groups, error, says):
    for of, options in ((calibration_by_group, {"bins": 2}), (mean_scores, {})):
        with pytest.raises(error, match=says):
            of(np.array(scores), true, np.array(groups, dtype=int), names=NAMES, **options)


def test_rows_that_are_no_pairs_are_refused():
    one, two = np.array([0.5]), np.array([0.5, 0.5])
    with pytest.raises(ValueError, match=r"swapped \(1,\) must be as many as scores \(2,\)"):
        swap_test(two, one, np.array([0, 1]), np.array([1]))
    with pytest.raises(ValueError, match=r"swap_test: .*rows of one length"):
        swap_test(two, two, np.array([0, 1]), np.array([1]))
    with pytest.raises(ValueError, match="bins must be a whole number, at least 1, got 0"):
        calibration_by_group(two, [0, 1], np.array([0, 1]), names=NAMES, bins=0)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint64, list])
def test_every_kind_of_groups_gives_the_same_answers(kind, rng):
    """Of 20 bins and 9 groups a cell is beyond int8 in silence, and int64 with uint64 a float."""
    names, n = tuple("abcdefghi"), 900
    places, true = np.arange(n) % 9, (np.arange(n) // 9) % 2
    scores = rng.random(n)
    given = places.tolist() if kind is list else places.astype(kind)
    for asked in (
        lambda g: calibration_by_group(scores, true, g, names=names, bins=20),
        lambda g: calibration_by_group(scores, true, g, names=names, bins=np.int8(20)),
        lambda g: calibration_intervals(
            *(scores, true, g),
            names=names, bins=20, draws=3, level=0.9, rng=np.random.default_rng(0),
        ),
        lambda g: mean_scores(scores, true, g, names=names),
        lambda g: group_rates(true, true, g, names=names),
        lambda g: group_accuracy(true, true, g, names=names),
        lambda g: thresholds_of_rate(scores, true, g, 0.5, names=names),
        lambda g: equal_opportunity_thresholds(scores[:90], true[:90], g[:90], names=names),
        lambda g: decided(scores, g, np.linspace(0.1, 0.9, 9)),
        lambda g: independence_weights(true, g, names, n_classes=2),
        lambda g: independence_weights(true.astype(np.int8), g, names, n_classes=np.int8(100)),
        lambda g: balanced_weights(g, names),
        lambda g: group_losses(Tensor(scores), g, names).data,
        lambda g: covariance_penalty(Tensor(scores), g, names).data,
    ):  # fmt: skip
        np.testing.assert_equal(asked(given), asked(places))


def test_bins_that_are_none_are_refused():
    for bins in (0, 2.5, np.nan, "5"):
        with pytest.raises(ValueError, match="calibration_by_group: bins must be a whole number"):
            calibration_by_group(np.zeros(1), [0], np.zeros(1, int), names=["all"], bins=bins)


def test_what_is_no_decision_is_called_by_its_own_name():
    with pytest.raises(
        TypeError, match="swap_test: swapped decisions must be integers, got float64"
    ):
        swap_test(np.zeros(2), np.zeros(2), np.zeros(2, int), np.full(2, 0.5))
    with pytest.raises(ValueError, match="swap_test: decision 2 at place 1"):
        swap_test(np.zeros(2), np.zeros(2), np.array([0, 2]), np.zeros(2, int))
