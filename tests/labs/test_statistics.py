"""Means and intervals, by hand."""

import numpy as np
import pytest

from minillm.labs import mean_and_interval
from minillm.labs.statistics import rank_correlation


def test_the_interval_of_three_seeds_by_hand():
    mean, half = mean_and_interval(np.array([1.0, 2.0, 3.0]))  # s = 1, t = 4.303
    assert mean == 2.0 and half == pytest.approx(4.303 / 3**0.5)


@pytest.mark.parametrize("n", [1, 11])
def test_an_interval_needs_a_spread_that_the_table_covers(n):
    with pytest.raises(ValueError, match=f"2 to 10 seeds, got {n}"):
        mean_and_interval(np.zeros(n))


def test_a_rank_correlation_sees_the_order_alone(rng):
    x = rng.standard_normal(20)
    assert rank_correlation(x, np.exp(x)) == pytest.approx(1.0)
    assert rank_correlation(x, -(x**3)) == pytest.approx(-1.0)


def test_a_rank_correlation_by_hand_with_equal_values():
    """Ranks 1, 2.5, 2.5, 4 against 2, 1, 3, 4: products 3, squares 4.5 and 5."""
    found = rank_correlation(np.array([0, 5, 5, 9]), np.array([3, 1, 4, 8]))
    assert found == pytest.approx(3 / 22.5**0.5)


def test_lists_without_an_order_have_no_rank_correlation():
    with pytest.raises(ValueError, match="all values of a list are equal, it has no order"):
        rank_correlation(np.ones(3), np.arange(3))
    with pytest.raises(ValueError, match=r"\(3,\) and \(2,\) must both be"):
        rank_correlation(np.ones(3), np.arange(2))
