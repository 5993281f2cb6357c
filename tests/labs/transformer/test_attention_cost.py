"""What attention costs."""

import itertools

import numpy as np
import pytest

from minillm.labs.transformer.attention_cost import cost


@pytest.mark.guide("G16")
def test_the_cost_of_attention_is_quadratic():
    lengths = np.array([256, 512, 1024])
    costs = [cost(length, width=32, n_heads=2, repeats=1) for length in lengths]
    scores, peaks, seconds = np.array(costs).T
    assert np.array_equal(scores, 2 * lengths**2)
    assert all(second >= 3 * first for first, second in itertools.pairwise(peaks))
    assert (seconds >= 0).all()


def test_at_the_peak_two_arrays_of_scores_are_alive():
    lengths = np.array([256, 512, 1024])
    for n_heads in (1, 2, 4):
        costs = [cost(length, width=32, n_heads=n_heads, repeats=1) for length in lengths]
        peaks = [peak for _, peak, _ in costs]
        assert np.isclose(np.polyfit(lengths, peaks, 2)[0], 2 * n_heads * 4, rtol=0.1)
