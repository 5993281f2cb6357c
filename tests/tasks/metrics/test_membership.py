"""The attack by losses, against a count of all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import membership_auc

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
