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


def test_relu_is_0_left_of_0_and_so_is_its_slope_at_the_kink():
    assert ops.relu(np.array([-2.0, 0.0, 3.0])).data.tolist() == [0.0, 0.0, 3.0]
    assert gradient(ops.relu, -2.0, -0.0, 0.0, 3.0) == [0.0, 0.0, 0.0, 1.0]


@given(ROWS)
def test_relu_twice_is_relu_once(x):
    once = ops.relu(x)
    assert np.array_equal(ops.relu(once).data, once.data)


def test_gelu_at_0_1_and_far_away():
    y = ops.gelu(np.array([0.0, 1.0, -1.0, 40.0, -40.0])).data
    below_one = (1.0 + math.erf(math.sqrt(0.5))) / 2.0  # 0.8413...
    assert y.tolist() == pytest.approx([0.0, below_one, below_one - 1.0, 40.0, 0.0], abs=1e-15)
    assert gradient(ops.gelu, 0.0, 40.0, -40.0) == [0.5, 1.0, 0.0]


@given(ROWS)
def test_gelu_of_x_minus_gelu_of_minus_x_is_x(x):
    assert np.allclose(ops.gelu(x).data - ops.gelu(-x).data, x, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gelu_of_the_largest_numbers_neither_overflows_nor_warns(dtype):
    x = Tensor(np.array([-1.0, 1.0], dtype=dtype) * np.finfo(dtype).max, requires_grad=True)
    y = ops.gelu(x)
    y.backward(np.ones(2, dtype=dtype))
    assert y.data.tolist() == [0.0, np.finfo(dtype).max]
    assert x.grad.tolist() == [0.0, 1.0]


def test_exp_log_and_tanh_of_a_few_numbers():
    assert ops.exp(np.array([0.0, 1.0])).data.tolist() == [1.0, math.e]
    assert ops.log(np.array([1.0, math.e])).data.tolist() == [0.0, 1.0]
    assert ops.tanh(np.array([0.0, 1e3, -1e3])).data.tolist() == [0.0, 1.0, -1.0]
    assert gradient(ops.tanh, 0.0, 1e3) == [1.0, 0.0]
    assert gradient(ops.log, 0.5, 4.0) == [2.0, 0.25]


@given(ROWS)
def test_log_undoes_exp_in_value_and_gradient(x):
    leaf = Tensor(x, requires_grad=True)
    y = ops.log(ops.exp(leaf))
    y.sum().backward()
    assert np.allclose(y.data, x, rtol=1e-13, atol=1e-13)
    assert np.allclose(leaf.grad, 1.0, rtol=1e-12)


def test_log_of_0_is_minus_infinity_as_in_numpy():
    with np.errstate(divide="ignore", invalid="ignore"):
        y = ops.log(np.array([0.0, -1.0])).data
    assert y[0] == -np.inf
    assert np.isnan(y[1])
