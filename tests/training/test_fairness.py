"""Weights by a table, and the penalty by its definition and by finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.training.fairness import covariance_penalty, independence_weights

NAMES = ("a", "b")
ALL_FOUR = [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.guide("G55")
@given(st.lists(st.sampled_from(ALL_FOUR), max_size=30))
def test_weighted_labels_are_independent_of_groups(rows):
    labels, groups = np.array([*rows, *ALL_FOUR]).T
    w = independence_weights(labels, groups, NAMES, n_classes=2)
    table = np.zeros((2, 2))
    np.add.at(table, (groups, labels), w)
    np.testing.assert_allclose(table, np.outer(table.sum(1), table.sum(0)), atol=1e-12)
    np.testing.assert_allclose(table.sum(1), np.bincount(groups) / len(groups))
    np.testing.assert_allclose(table.sum(0), np.bincount(labels) / len(labels))


def test_the_example_by_hand():
    """6 of a, 4 of them positive; 4 of b, 1 of them: a positive of a weighs 6·5 / (10·4) / 10."""
    labels, groups = np.array([1, 1, 1, 1, 0, 0, 1, 0, 0, 0]), np.repeat([0, 1], [6, 4])
    w = independence_weights(labels, groups, NAMES, n_classes=2)
    wanted = {(0, 1): 0.075, (0, 0): 0.15, (1, 1): 0.2, (1, 0): 4 * 5 / 300}
    for g, y, found in zip(groups, labels, w, strict=True):
        assert found == pytest.approx(wanted[g, y])


@pytest.mark.parametrize(
    ("labels", "groups", "error", "says"),
    [
        ([1, 0, 1], [0, 0, 1], ValueError, "no example of group 'b' has label 0"),
        ([1, 0, 1], [0, 0, 0], ValueError, "no example is in group 'b'"),
        ([1, 0], [0, 0, 1], ValueError, r"groups \(3,\) must be as many as labels \(2,\)"),
        ([1, 0, 2], [0, 0, 1], IndexError, "label 2 at position"),
        ([1, 0, 1], [0.0, 0.0, 1.0], TypeError, "groups must be integers"),
    ],
)
def test_labels_that_no_weight_makes_independent_are_refused(labels, groups, error, says):
    with pytest.raises(error, match=says):
        independence_weights(np.array(labels), np.array(groups), NAMES, n_classes=2)


def test_of_one_label_alone_all_weigh_the_same():
    w = independence_weights(np.zeros(4, int), np.array([0, 0, 0, 1]), NAMES, n_classes=2)
    np.testing.assert_allclose(w, 0.25)


@pytest.mark.guide("G55")
def test_the_penalty_is_the_square_of_the_covariances(rng):
    """Independent truth: NumPy's covariance with the indicator of each group."""
    d, groups = rng.standard_normal(20), rng.integers(3, size=20)
    found = covariance_penalty(Tensor(d), groups, ("a", "b", "c"))
    each = [np.cov(groups == g, d, bias=True)[0, 1] for g in range(3)]
    assert float(found.data) == pytest.approx(np.square(each).sum())
    moved = covariance_penalty(Tensor(d + 5), groups, ("a", "b", "c"))
    assert float(moved.data) == pytest.approx(float(found.data))


def test_scores_that_say_nothing_of_the_group_cost_nothing():
    groups = np.array([0, 0, 1, 1])
    even = covariance_penalty(Tensor(np.array([1.0, -2.0, -2.0, 1.0])), groups, NAMES)
    apart = covariance_penalty(Tensor(np.array([1.0, 1.0, -1.0, -1.0])), groups, NAMES)
    assert float(even.data) == pytest.approx(0)
    assert float(apart.data) == pytest.approx(2 * 0.5**2)
    assert float(covariance_penalty(Tensor(np.ones(2)), np.array([0, 0]), NAMES).data) == 0


def test_the_gradient_is_that_of_finite_differences(rng):
    d, groups, step = rng.standard_normal(9), rng.integers(2, size=9), 1e-6
    x = Tensor(d, requires_grad=True)
    covariance_penalty(x, groups, NAMES).backward()
    for i in range(9):
        ends = [
            float(covariance_penalty(Tensor(d + sign * step * np.eye(9)[i]), groups, NAMES).data)
            for sign in (1, -1)
        ]
        assert x.grad[i] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-7)


@pytest.mark.parametrize(
    ("scores", "groups", "error", "says"),
    [
        (np.ones(2), [0, 1, 1], ValueError, r"scores \(2,\) and groups \(3,\)"),
        (np.ones((2, 2)), [[0, 1], [0, 1]], ValueError, r"must both be \(B,\)"),
        (np.ones(0), [], ValueError, "B at least 1"),
        (np.ones(2), [0, 2], IndexError, "group 2 at position"),
        (np.ones(2), [0.0, 1.0], TypeError, "groups must be integers"),
    ],
)
def test_what_has_no_covariance_is_refused(scores, groups, error, says):
    places = np.array(groups) if len(groups) else np.zeros(0, int)
    with pytest.raises(error, match=says):
        covariance_penalty(Tensor(scores), places, NAMES)
