"""The attack by losses, against a count of all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import (
    calibrated_losses,
    membership_auc,
    membership_roc,
    true_positives_at,
)

losses = st.lists(st.integers(0, 6), min_size=1, max_size=12)


@given(losses, losses)
def test_it_is_the_share_of_pairs_that_the_attack_gets_right(members, others):
    pairs = [(a < b) + (a == b) / 2 for a in members for b in others]
    assert membership_auc(np.array(members), np.array(others)) == pytest.approx(np.mean(pairs))


@given(losses, losses)
def test_turned_round_it_is_the_rest(members, others):
    one, other = np.array(members), np.array(others)
    assert membership_auc(one, other) + membership_auc(other, one) == pytest.approx(1.0)


def test_the_extremes_by_hand():
    low, high = np.array([0.0, 0.1]), np.array([1.0, 2.0, np.inf])
    assert membership_auc(low, high) == 1.0 and membership_auc(high, low) == 0.0
    assert membership_auc(low, low) == 0.5
    assert membership_auc(np.array([0.1, 3.0]), np.array([0.1, 1.0])) == 0.375


def test_only_the_order_of_losses_counts(rng):
    one, other = rng.standard_normal(30), rng.standard_normal(20) + 0.5
    assert membership_auc(np.exp(one), np.exp(other)) == membership_auc(one, other)


@pytest.mark.parametrize(
    ("members", "others", "says"),
    [([], [1.0], "members"), ([1.0], [np.nan], "others"), ([[1.0]], [1.0], r"members .* \(1, 1\)")],
)
def test_what_is_no_row_of_losses_is_refused(members, others, says):
    with pytest.raises(ValueError, match=says):
        membership_auc(np.array(members), np.array(others))


@given(losses, losses, st.sampled_from([0.0, 0.01, 0.25, 0.5, 1.0]))
def test_the_best_threshold_by_trying_all(members, others, rate):
    one, other = np.array(members), np.array(others)
    tried = [-1.0, *one, *other]
    allowed = [t for t in tried if (other <= t).mean() <= rate]
    best = max((one <= t).mean() for t in allowed)
    assert true_positives_at(one, other, rate) == pytest.approx(best)


@pytest.mark.guide("G54")
@given(losses, losses)
def test_the_area_under_the_curve_is_the_auc(members, others):
    curve = membership_roc(np.array(members), np.array(others))
    area = np.trapezoid(curve.true_positives, curve.false_positives)
    assert area == pytest.approx(membership_auc(np.array(members), np.array(others)))
    assert curve.false_positives[0] == curve.true_positives[0] == 0.0
    assert curve.false_positives[-1] == curve.true_positives[-1] == 1.0
    assert (np.diff(curve.false_positives) >= 0).all()


@pytest.mark.guide("G54")
def test_an_attack_that_is_sure_of_a_few_has_a_low_auc_and_finds_them():
    others = np.linspace(1, 2, 1000)
    members = np.concatenate([np.zeros(50), np.linspace(1, 2, 950)])
    assert membership_auc(members, others) < 0.53
    assert true_positives_at(members, others, 0.001) == pytest.approx(0.05, abs=0.002)
    assert true_positives_at(members, others[:500], 0.001) == 0.05  # nobody may be accused


@pytest.mark.guide("G54")
def test_what_is_hard_for_everyone_hides_the_members_until_it_is_taken_off(rng):
    hard = rng.exponential(5.0, size=400)
    members, others = hard[:200] - 0.5, hard[200:]
    reference = hard + 0.01 * rng.standard_normal(400)
    assert membership_auc(members, others) < 0.65
    inside = calibrated_losses(members, reference[:200])
    outside = calibrated_losses(others, reference[200:])
    assert membership_auc(inside, outside) == 1.0
    np.testing.assert_allclose(inside, -0.5, atol=0.1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda a: true_positives_at(a, a, 1.01), "false_positives must be from 0 to 1, got 1.01"),
        (lambda a: true_positives_at(a, a, np.nan), "false_positives must be"),
        (lambda a: membership_roc(a, a[:0]), "membership_roc: others must be a row of losses"),
        (lambda a: calibrated_losses(a, a[:2]), "3 losses need as many of the reference, got 2"),
        (lambda a: calibrated_losses(a, a * np.nan), "reference must be a row"),
    ],
)
def test_rows_and_rates_that_are_none_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call(np.arange(3.0))


def test_a_difference_of_infinities_is_refused_and_one_infinity_is_a_number():
    infinite = np.array([np.inf, 1.0])
    with pytest.raises(ValueError, match="1 of 2 losses are infinite and so is their reference"):
        calibrated_losses(infinite, infinite)
    np.testing.assert_array_equal(calibrated_losses(infinite, np.ones(2)), [np.inf, 0.0])


def test_a_message_says_how_many_losses_are_no_numbers():
    with pytest.raises(ValueError, match=r"without NaN, got shape \(2,\), 1 of them NaN"):
        membership_auc(np.array([np.nan, 1.0]), np.ones(2))
