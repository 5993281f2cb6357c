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
    """An exact example."""
    y = ops.gelu(np.array([0.0, 1.0, -1.0, 40.0, -40.0])).data
    below_one = (1.0 + math.erf(math.sqrt(0.5))) / 2.0  # 0.8413...
    assert y.tolist() == pytest.approx([0.0, below_one, below_one - 1.0, 40.0, 0.0], abs=1e-15)
    assert gradient(ops.gelu, 0.0, 40.0, -40.0) == [0.5, 1.0, 0.0]


@pytest.mark.parametrize("op", [ops.gelu, ops.gelu_tanh, ops.silu])
@given(x=ROWS)
def test_a_gated_x_minus_a_gated_minus_x_is_x(op, x):
    """The two gates, of x and of -x, add to 1."""
    assert np.allclose(op(x).data - op(-x).data, x, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("op", [ops.gelu, ops.gelu_tanh, ops.silu])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gates_of_the_largest_numbers_neither_overflow_nor_warn(op, dtype):
    x = Tensor(np.array([-1.0, 1.0], dtype=dtype) * np.finfo(dtype).max, requires_grad=True)
    y = op(x)
    y.backward(np.ones(2, dtype=dtype))
    assert y.data.tolist() == [0.0, np.finfo(dtype).max]
    assert x.grad.tolist() == [0.0, 1.0]


def test_gelu_tanh_at_1_is_not_quite_gelu():
    """An exact example."""
    inner = math.sqrt(2.0 / math.pi) * 1.044715
    y = ops.gelu_tanh(np.array([1.0, -1.0, 0.0])).data.tolist()
    assert y == pytest.approx([(1.0 + math.tanh(inner)) / 2.0, y[0] - 1.0, 0.0], rel=1e-15)
    assert y[0] != ops.gelu(1.0).item()
    assert gradient(ops.gelu_tanh, 0.0, 40.0, -40.0) == [0.5, 1.0, 0.0]


@given(ROWS)
def test_gelu_tanh_is_within_a_thousandth_of_gelu(x):
    assert np.abs(ops.gelu_tanh(x).data - ops.gelu(x).data).max() < 5e-4


def test_tanh_of_a_few_numbers():
    assert ops.tanh(np.array([0.0, 1e3, -1e3])).data.tolist() == [0.0, 1.0, -1.0]
    assert gradient(ops.tanh, 0.0, 1e3) == [1.0, 0.0]


def test_sigmoid_of_even_odds_three_to_one_and_certainty():
    """An exact example; at -1000 ``exp(1000)`` would overflow."""
    y = ops.sigmoid(np.array([0.0, math.log(3.0), -math.log(3.0), 1e3, -1e3])).data
    assert y.tolist() == pytest.approx([0.5, 0.75, 0.25, 1.0, 0.0], rel=1e-15)
    slopes = gradient(ops.sigmoid, 0.0, math.log(3.0), 1e3, -1e3)
    assert slopes == pytest.approx([0.25, 0.1875, 0.0, 0.0], rel=1e-15)


def test_a_small_sigmoid_keeps_its_digits():
    tiny = ops.sigmoid(np.array([-40.0, -700.0])).data
    assert tiny.tolist() == pytest.approx([math.exp(-40.0), math.exp(-700.0)], rel=1e-14)
    assert ops.sigmoid(np.float32([-80.0])).data[0] == pytest.approx(math.exp(-80.0), rel=1e-6)


@given(ROWS)
def test_the_sigmoids_of_x_and_of_minus_x_add_to_1(x):
    assert np.allclose(ops.sigmoid(x).data + ops.sigmoid(-x).data, 1.0, rtol=1e-15)


@given(ROWS)
def test_tanh_is_a_stretched_sigmoid(x):
    stretched = 2.0 * ops.sigmoid(2.0 * x).data - 1.0
    assert np.allclose(ops.tanh(x).data, stretched, rtol=1e-13, atol=1e-15)


def test_silu_at_0_and_at_odds_of_three_to_one():
    log_3 = math.log(3.0)
    y = ops.silu(np.array([0.0, log_3, -log_3, 1e3, -1e3])).data.tolist()
    assert y == pytest.approx([0.0, 0.75 * log_3, -0.25 * log_3, 1e3, 0.0], rel=1e-15)
    slopes = gradient(ops.silu, 0.0, log_3, 1e3, -1e3)
    assert slopes == pytest.approx([0.5, 0.75 * (1.0 + 0.25 * log_3), 1.0, 0.0], rel=1e-15)


@pytest.mark.parametrize("op", [ops.sigmoid, ops.silu, ops.gelu, ops.gelu_tanh, ops.tanh])
def test_nan_stays_nan(op):
    assert np.isnan(op(np.array([np.nan])).data).all()


ENDS = np.array([-np.inf, np.inf])


@pytest.mark.parametrize(
    ("name", "values", "slopes"),
    [
        ("softplus", [0.0, np.inf], [0.0, 1.0]),
        ("log_sigmoid", [-np.inf, 0.0], [1.0, 0.0]),
        ("sigmoid", [0.0, 1.0], [0.0, 0.0]),
        ("tanh", [-1.0, 1.0], [0.0, 0.0]),
        ("relu", [0.0, np.inf], [0.0, 1.0]),
        ("silu", [0.0, np.inf], [0.0, 1.0]),
        ("gelu", [0.0, np.inf], [0.0, 1.0]),
        ("gelu_tanh", [0.0, np.inf], [0.0, 1.0]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_at_infinity_an_activation_is_its_limit_and_so_is_its_slope(name, values, slopes, dtype):
    y, vjp = getattr(ops, name).rule(ENDS.astype(dtype))
    assert y.tolist() == values
    assert vjp(np.ones(2, dtype))[0].tolist() == slopes


@given(st.floats(-700.0, 700.0))
def test_softplus_less_that_of_minus_x_is_x_and_its_slope_is_the_sigmoid(x):
    leaf = Tensor(np.array([x]), requires_grad=True)
    y = ops.softplus(leaf)
    y.sum().backward()
    assert y.item() - ops.softplus(np.array([-x])).item() == pytest.approx(x, rel=1e-12, abs=1e-12)
    assert y.item() >= max(x, 0.0)
    assert leaf.grad[0] == pytest.approx(ops.sigmoid(np.array([x])).item(), rel=1e-14)


@given(st.floats(-1e6, 30.0))
def test_log_sigmoid_is_the_logarithm_of_the_sigmoid_where_that_is_not_0(x):
    y = ops.log_sigmoid(np.array([x])).item()
    assert y <= 0.0
    if x > -700.0:
        assert y == pytest.approx(np.log(ops.sigmoid(np.array([x])).item()), rel=1e-10, abs=1e-15)
    else:
        assert y == x


def test_softplus_and_log_sigmoid_of_0_are_the_logarithm_of_2_with_slope_one_half():
    for name, sign in (("softplus", 1.0), ("log_sigmoid", -1.0)):
        y, vjp = getattr(ops, name).rule(np.array([0.0]))
        assert y[0] == pytest.approx(sign * np.log(2.0), rel=1e-15)
        assert vjp(np.array([1.0]))[0].tolist() == [0.5]
