"""Means and intervals, by hand."""

import numpy as np
import pytest

from minillm.labs import mean_and_interval


def test_the_interval_of_three_seeds_by_hand():
    mean, half = mean_and_interval(np.array([1.0, 2.0, 3.0]))  # s = 1, t = 4.303
    assert mean == 2.0 and half == pytest.approx(4.303 / 3**0.5)


@pytest.mark.parametrize("n", [1, 11])
def test_an_interval_needs_a_spread_that_the_table_covers(n):
    with pytest.raises(ValueError, match=f"2 to 10 seeds, got {n}"):
        mean_and_interval(np.zeros(n))
