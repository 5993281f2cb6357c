"""Lengths and directions of vectors whose squares are no numbers any more."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import directions_and_lengths


@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=5),
    st.sampled_from([(np.float32, 120), (np.float64, 1000)]),
    st.integers(-1, 1),
)
def test_a_vector_of_any_size_has_the_direction_of_the_small_one(numbers, kind, sign):
    """A power of two changes no direction, not by a bit, and the length by itself."""
    dtype, power = kind
    x = np.array(numbers, dtype=dtype)
    scaled = np.ldexp(x, sign * power)
    unit, length = directions_and_lengths(scaled)
    assert unit.dtype == length.dtype == dtype
    assert np.isfinite(unit).all()
    plain = np.linalg.norm(x)
    np.testing.assert_array_equal(unit, x / plain if plain else x)
    np.testing.assert_array_equal(length, [np.ldexp(plain, sign * power)])


@pytest.mark.parametrize("size", [1e-45, 1e-30, 1.0, 1e30, 3e38])
def test_the_length_of_what_points_three_ways(size):
    unit, length = directions_and_lengths(np.full((2, 3), size, np.float32).astype(np.float64))
    np.testing.assert_allclose(unit, 3**-0.5, rtol=1e-15)
    np.testing.assert_allclose(length, 3**0.5 * float(np.float32(size)), rtol=1e-15)


def test_rows_of_zeros_have_no_direction_and_the_length_0():
    unit, length = directions_and_lengths(np.array([[0.0, 0.0], [3.0, 4.0]]))
    assert unit.tolist() == [[0.0, 0.0], [0.6, 0.8]] and length.tolist() == [[0.0], [5.0]]
