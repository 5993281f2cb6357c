import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import erf

LINE = np.concatenate([np.linspace(-7.0, 7.0, 20_001), np.geomspace(1e-300, 1e300, 601)])


@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 1e-15), (np.float32, 3e-7)])
def test_erf_is_within_rounding_of_the_standard_librarys(dtype, error):
    usable = np.abs(LINE) < np.finfo(dtype).max
    x = LINE[usable].astype(dtype)
    y = erf(x)
    exact = np.array([math.erf(value) for value in x.tolist()])
    assert y.dtype == dtype
    assert np.abs(y - exact).max() <= error


@given(st.floats(allow_nan=False))
def test_erf_is_odd_and_bounded_by_1(x):
    here, opposite = erf(np.array([x, -x]))
    assert here == -opposite
    assert abs(here) <= 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_is_exact_at_0_and_at_infinity_and_keeps_nan(dtype):
    y = erf(np.array([0.0, -0.0, np.inf, -np.inf, np.finfo(dtype).max, np.nan], dtype=dtype))
    assert y[:5].tolist() == [0.0, 0.0, 1.0, -1.0, 1.0]
    assert np.signbit(y[:2]).tolist() == [False, True]
    assert np.isnan(y[5])


def test_erf_keeps_any_shape():
    assert erf(np.zeros((2, 0, 3))).shape == (2, 0, 3)
    assert erf(np.array(1.0)).shape == ()
    assert float(erf(np.array(1.0))) == pytest.approx(math.erf(1.0), abs=1e-15)


@pytest.mark.parametrize(
    ("dtype", "error"), [(np.float64, 2e-15), (np.float32, 4e-7), (np.float16, 6e-4)]
)
def test_erf_of_small_numbers_has_as_many_right_digits_as_that_of_large_ones(dtype, error):
    smallest = float(np.finfo(dtype).tiny)
    sizes = np.concatenate([np.geomspace(smallest, 6.0, 5001), np.linspace(0.2, 0.3, 501)])
    x = np.concatenate([sizes, -sizes]).astype(dtype)
    exact = np.array([math.erf(value) for value in x.tolist()])
    y = erf(x)
    assert y.dtype == dtype
    assert (np.abs(y - exact) / np.abs(exact)).max() <= error


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_is_a_line_near_0(dtype):
    x = np.array([1e-20, -1e-30, 3e-38], dtype)
    assert erf(x).tolist() == pytest.approx((x * (2.0 / math.sqrt(math.pi))).tolist(), rel=1e-6)
