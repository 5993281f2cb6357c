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
    assert peaks[-1] >= 4 * scores[-1] and (seconds >= 0).all()
