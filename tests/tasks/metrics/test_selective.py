"""Risk and coverage, by hand and by all orders of equally sure answers."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import risk_coverage, risk_coverage_area, threshold_of_coverage

answers = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.8, 1.0]), st.booleans()), min_size=1,
                   max_size=6)  # fmt: skip


def by_all_orders(pairs):
    """The mean risk of every number of answers over all orders with the surest first."""
    orders = [o for o in permutations(pairs) if [c for c, _ in o] == sorted(
        [c for c, _ in o], reverse=True)]  # fmt: skip
    return np.mean(
        [[np.mean([not r for _, r in o[: k + 1]]) for k in range(len(o))] for o in orders], axis=0
    )


@given(answers)
def test_the_risk_is_the_mean_over_all_orders_of_equally_sure_answers(pairs):
    sure, right = (np.array(column) for column in zip(*pairs, strict=True))
    found = risk_coverage(sure, right)
    np.testing.assert_allclose(found.risk, by_all_orders(pairs))
    np.testing.assert_allclose(found.coverage * len(pairs), np.arange(1, len(pairs) + 1))
    assert risk_coverage_area(sure, right) == pytest.approx(found.risk.mean())


def test_by_hand():
    sure, right = np.array([0.2, 0.9, 0.5, 0.7]), np.array([0, 1, 0, 1])
    np.testing.assert_allclose(risk_coverage(sure, right).risk, [0, 0, 1 / 3, 1 / 2])
    assert risk_coverage_area(sure, right) == pytest.approx(5 / 24)
    assert risk_coverage_area(1 - sure, right) == pytest.approx((1 + 1 + 2 / 3 + 1 / 2) / 4)


def test_who_is_never_wrong_risks_nothing_and_equal_confidence_is_no_order(rng):
    assert risk_coverage_area(rng.random(9), np.ones(9)) == 0.0
    right = rng.random(50) < 0.7
    np.testing.assert_allclose(risk_coverage(np.full(50, 0.5), right).risk, 1 - right.mean())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.01, 1))
def test_from_the_threshold_on_so_many_are_answered_and_from_no_higher_one(sure, coverage):
    row = np.array(sure)
    threshold = threshold_of_coverage(row, coverage)
    assert (row >= threshold).mean() >= coverage - 1e-9
    assert (row > threshold).mean() < coverage


def test_the_share_is_met_exactly_where_it_can_be():
    row = np.linspace(0.01, 1, 100)
    assert [round(100 * threshold_of_coverage(row, c)) for c in (0.07, 0.95, 1)] == [94, 6, 1]


@pytest.mark.parametrize(
    ("sure", "right", "says"),
    [
        ([], [], "risk_coverage: confidence must be a row of at least 1"),
        ([[0.5]], [[1]], r"a row of at least 1, got \(1, 1\)"),
        ([0.5, 1.5], [1, 1], r"in \[0, 1\], got 1.5 at place 1"),
        ([np.nan], [1], r"in \[0, 1\], got nan at place 0"),
        ([0.5], [1, 1], r"right must be 1 marks of 0 or 1, got \(2,\)"),
        ([0.5], [2], r"marks of 0 or 1, got \(1,\) of \[2\]"),
    ],
)
def test_what_does_not_fit_is_refused(sure, right, says):
    with pytest.raises(ValueError, match=says):
        risk_coverage(np.array(sure), np.array(right))


@pytest.mark.parametrize("coverage", [0.0, -0.1, 1.01, np.nan])
def test_a_coverage_that_is_no_share_is_refused(coverage):
    with pytest.raises(ValueError, match="threshold_of_coverage: coverage must be above 0"):
        threshold_of_coverage(np.array([0.5]), coverage)
    with pytest.raises(ValueError, match="threshold_of_coverage: confidence must be a row"):
        threshold_of_coverage(np.array([]), 0.5)


def test_a_coverage_of_next_to_nothing_answers_one():
    assert threshold_of_coverage(np.array([0.2, 0.9, 0.1]), 1e-10) == 0.9
