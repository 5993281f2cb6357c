import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Tensor

ROWS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-50, 50))


def gradient(op, *values: float) -> list[float]:
    x = Tensor(np.array(values), requires_grad=True)
    op(x).sum().backward()
    return x.grad.tolist()


def test_exp_and_log_of_a_few_numbers():
    assert ops.exp(np.array([0.0, 1.0])).data.tolist() == [1.0, math.e]
    assert ops.log(np.array([1.0, math.e])).data.tolist() == [0.0, 1.0]
    assert gradient(ops.exp, 0.0, 1.0) == [1.0, math.e]
    assert gradient(ops.log, 0.5, 4.0) == [2.0, 0.25]


@given(ROWS)
def test_log_undoes_exp_in_value_and_gradient(x):
    leaf = Tensor(x, requires_grad=True)
    y = ops.log(ops.exp(leaf))
    y.sum().backward()
    assert np.allclose(y.data, x, rtol=1e-13, atol=1e-13)
    assert np.allclose(leaf.grad, 1.0, rtol=1e-12)


@pytest.mark.fault(26)
def test_log_is_minus_infinity_at_0_and_nan_below_without_a_warning():
    y = ops.log(np.array([0.0, -1.0])).data
    assert y[0] == -np.inf
    assert np.isnan(y[1])
    assert gradient(ops.log, 0.0) == [np.inf]


def test_sqrt_and_rsqrt_of_a_few_numbers():
    assert ops.sqrt(np.array([0.0, 4.0, 2.25])).data.tolist() == [0.0, 2.0, 1.5]
    assert ops.rsqrt(np.array([4.0, 0.25])).data.tolist() == [0.5, 2.0]
    assert gradient(ops.sqrt, 4.0, 0.25) == [0.25, 1.0]
    assert gradient(ops.rsqrt, 4.0, 0.25) == [-1.0 / 16.0, -4.0]


@pytest.mark.fault(26)
def test_sqrt_is_vertical_at_0_without_a_warning():
    assert gradient(ops.sqrt, 0.0, 1.0) == [np.inf, 0.5]
    assert ops.rsqrt(np.array([0.0])).data.tolist() == [np.inf]
    assert gradient(ops.rsqrt, 0.0, 1.0) == [-np.inf, -0.5]


@pytest.mark.parametrize("op", [ops.sqrt, ops.rsqrt])
def test_roots_of_negative_numbers_are_nan_without_a_warning(op):
    assert np.isnan(op(np.array([-1.0])).data).all()
    assert np.isnan(gradient(op, -1.0)).all()


@given(ROWS)
def test_rsqrt_is_one_over_sqrt_in_value_and_gradient(x):
    one, other = (Tensor(0.1 + np.abs(x), requires_grad=True) for _ in range(2))
    y, same = ops.rsqrt(one), 1.0 / ops.sqrt(other)
    y.sum().backward()
    same.sum().backward()
    assert np.allclose(y.data, same.data, rtol=1e-14)
    assert np.allclose(one.grad, other.grad, rtol=1e-13)


def test_sin_and_cos_of_right_angles():
    quarters = np.array([0.0, 0.5, 1.0]) * math.pi
    assert ops.sin(quarters).data.tolist() == pytest.approx([0.0, 1.0, 0.0], abs=1e-15)
    assert ops.cos(quarters).data.tolist() == pytest.approx([1.0, 0.0, -1.0], abs=1e-15)
    assert gradient(ops.sin, *quarters) == pytest.approx([1.0, 0.0, -1.0], abs=1e-15)
    assert gradient(ops.cos, *quarters) == pytest.approx([0.0, -1.0, 0.0], abs=1e-15)


@given(ROWS)
def test_the_squares_of_sine_and_cosine_add_to_1_and_nothing_changes_that(x):
    leaf = Tensor(x, requires_grad=True)
    y = ops.sin(leaf) ** 2 + ops.cos(leaf) ** 2
    y.sum().backward()
    assert np.allclose(y.data, 1.0, rtol=1e-14)
    assert np.allclose(leaf.grad, 0.0, atol=1e-14)


def test_erf_and_its_slope_at_0_1_and_far_away():
    """An exact example."""
    expected = [0.0, 0.8427007929497149, -0.8427007929497149, 1.0, -1.0]
    assert ops.erf(np.array([0.0, 1.0, -1.0, 9.0, -1e300])).data.tolist() == pytest.approx(
        expected, rel=1e-15
    )
    steepest = 2.0 / math.sqrt(math.pi)
    assert gradient(ops.erf, 0.0, 1.0, 1e300) == pytest.approx(
        [steepest, steepest / math.e, 0.0], rel=1e-15
    )


@given(ROWS)
def test_erf_is_odd_and_that_of_the_standard_library(x):
    y = ops.erf(x).data
    assert np.array_equal(ops.erf(-x).data, -y)
    assert np.allclose(y.ravel(), [math.erf(v) for v in x.ravel()], rtol=0.0, atol=1e-15)


def test_an_infinite_angle_has_neither_sine_nor_cosine_and_warns_of_nothing():
    for name in ("sin", "cos"):
        y, vjp = getattr(ops, name).rule(np.array([np.inf, -np.inf]))
        assert np.isnan(y).all() and np.isnan(vjp(np.ones(2))[0]).all()


def test_beyond_the_largest_float_the_exponential_is_infinite_without_a_warning():
    assert ops.exp(np.array([1e4, -1e4])).data.tolist() == [np.inf, 0.0]
