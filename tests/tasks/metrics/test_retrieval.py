"""Recall@k against the mean over all orders of equal scores."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.tasks.metrics import recall_at

pytestmark = pytest.mark.guide("G50")


@given(arrays(int, (2, 4), elements=st.integers(0, 2)), st.integers(1, 4), st.integers(0, 3))
def test_it_is_the_mean_over_all_orders_that_the_scores_allow(scores, k, place):
    shares = []
    for row in scores.tolist():
        sorted_ones = [
            order
            for order in itertools.permutations(range(4))
            if all(row[a] >= row[b] for a, b in itertools.pairwise(order))
        ]
        shares.append(np.mean([place in order[:k] for order in sorted_ones]))
    assert recall_at(scores, np.full(2, place), k) == pytest.approx(np.mean(shares))


def test_who_gives_all_the_same_score_is_right_by_chance():
    assert recall_at(np.zeros((6, 8)), np.arange(6), 2) == 0.25
    assert recall_at(np.eye(6), np.arange(6), 1) == 1.0
    assert recall_at(-np.eye(6), np.arange(6), 5) == 0.0


@pytest.mark.parametrize(
    ("scores", "right", "k", "error", "message"),
    [
        (np.zeros((2, 3)), np.zeros(3, int), 1, ValueError, r"\(2, 3\) and \(3,\)"),
        (np.zeros((0, 3)), np.zeros(0, int), 1, ValueError, "none of them 0"),
        (np.zeros((2, 3)), np.zeros(2, int), 0, ValueError, "k must be from 1 to 3"),
        (np.zeros((2, 3)), np.zeros(2, int), 4, ValueError, "got 4"),
        (np.full((2, 3), np.nan), np.zeros(2, int), 1, ValueError, "6 scores are NaN"),
        (np.zeros((2, 3)), np.array([0, 3]), 1, IndexError, r"from 0 to 2, got \[0, 3\]"),
        (np.zeros((2, 3)), np.array([0.0, 1.0]), 1, TypeError, "integers, got float64"),
        (np.zeros((2, 3)), np.zeros(2, int), 1.5, TypeError, "k must be an integer, got 1.5"),
        (np.zeros((2, 3)), np.zeros(2, int), True, TypeError, "k must be an integer, got True"),
        (np.zeros((2, 3)) + 1j, np.zeros(2, int), 1, TypeError, "real numbers, got complex128"),
    ],
)
def test_what_cannot_be_ranked_is_refused(scores, right, k, error, message):
    with pytest.raises(error, match=message):
        recall_at(scores, right, k)
