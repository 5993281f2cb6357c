"""Sum, mean, var, max and min; the generic checks are in tests/ops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Tensor

ARRAYS = hnp.arrays(
    np.float64, hnp.array_shapes(max_dims=4, max_side=5), elements=st.floats(-50, 50)
)


def gradient(y: Tensor, x: Tensor, cotangent: object = None) -> list:
    y.backward(None if cotangent is None else np.array(cotangent))
    return x.grad.tolist()


@given(ARRAYS)
def test_the_gradient_of_a_sum_is_1_and_of_a_mean_1_over_n_everywhere(x):
    for reduce, each in ((ops.sum, 1.0), (ops.mean, 1.0 / x.size)):
        leaf = Tensor(x, requires_grad=True)
        reduce(leaf).backward()
        assert np.array_equal(leaf.grad, np.full(x.shape, each))


def test_a_sum_and_a_mean_of_rows_by_hand():
    """An exact example."""
    x = Tensor(np.array([[1.0, 2.0], [3.0, 6.0]]), requires_grad=True)
    assert x.sum(axis=1).data.tolist() == [3.0, 9.0]
    assert gradient(x.sum(axis=1), x, [1.0, 10.0]) == [[1.0, 1.0], [10.0, 10.0]]
    x.grad = None
    assert x.mean(axis=0, keepdims=True).data.tolist() == [[2.0, 4.0]]
    assert gradient(x.mean(axis=0), x, [1.0, 10.0]) == [[0.5, 5.0], [0.5, 5.0]]


@pytest.mark.fault(24)
def test_float16_is_added_up_in_float32_and_rounded_once():
    many = np.ones(70_000, dtype=np.float16)  # more than the largest float16
    assert ops.mean(many).item() == 1.0
    beside = np.array([2048.0, 1.0, 1.0, 1.0, 1.0], dtype=np.float16)  # 2048 + 1 rounds to 2048
    for y in (ops.sum(beside), ops.mean(beside)):
        assert y.dtype == np.float16
    assert ops.sum(beside).item() == 2052.0
    assert ops.mean(beside).item() == pytest.approx(2052.0 / 5.0, rel=1e-3)


def test_a_variance_by_hand_with_and_without_correction():
    """An exact example: without a correction it divides by n."""
    x = Tensor(np.array([1.0, 2.0, 6.0]), requires_grad=True)
    assert x.var().item() == pytest.approx(14.0 / 3.0, rel=1e-15)
    assert gradient(x.var(), x) == pytest.approx([-4.0 / 3.0, -2.0 / 3.0, 2.0], rel=1e-15)
    x.grad = None
    assert x.var(correction=1).item() == 7.0
    assert gradient(x.var(correction=1), x) == [-2.0, -1.0, 3.0]


@given(ARRAYS)
def test_a_variance_is_the_mean_square_less_the_squared_mean(x):
    expected = np.mean(x * x, axis=-1) - np.mean(x, axis=-1) ** 2
    assert np.allclose(ops.var(x, axis=-1).data, expected, rtol=1e-9, atol=1e-9)


@given(ARRAYS)
def test_a_variance_does_not_depend_on_where_the_mean_lies(x):
    """Where the textbook difference of squares has no digit left."""
    assert np.allclose(ops.var(x + 1e6).data, ops.var(x).data, rtol=1e-6, atol=1e-7)


def test_the_variance_of_large_float32_numbers_is_not_lost():
    """An exact example at mean 1e6: the squares differ by less than float32 sees."""
    x = np.array([-1.0, 0.0, 1.0, 0.0], dtype=np.float32) + np.float32(1e6)
    assert ops.var(x).item() == 0.5


@pytest.mark.parametrize(("name", "sign"), [("max", 1.0), ("min", -1.0)])
def test_the_extreme_element_takes_the_gradient_and_ties_share_it_equally(name, sign):
    rows = sign * np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 1.0], [4.0, 4.0, 4.0]])
    x = Tensor(rows, requires_grad=True)
    y = getattr(x, name)(axis=1)
    assert y.data.tolist() == [sign * 3.0, sign * 5.0, sign * 4.0]
    assert gradient(y, x, [1.0, 10.0, 3.0]) == [[0.0, 1.0, 0.0], [5.0, 5.0, 0.0], [1.0, 1.0, 1.0]]


def test_ties_over_the_whole_array_share_too():
    x = Tensor(np.array([[2.0, 0.0], [2.0, 1.0]]), requires_grad=True)
    assert gradient(x.max(), x) == [[0.5, 0.0], [0.5, 0.0]]


@given(ARRAYS)
def test_the_smallest_is_minus_the_largest_of_minus_x(x):
    for axis in (None, 0, -1):
        least = ops.min(x, axis=axis).data
        assert np.array_equal(least, -ops.max(-x, axis=axis).data)
        assert np.array_equal(least, x.min(axis=axis))


def test_a_nan_is_never_hidden_by_an_extreme_and_makes_no_warning():
    x = Tensor(np.array([0.0, np.nan]), requires_grad=True)
    y = x.max()
    assert np.isnan(y.item())
    assert np.isnan(gradient(y, x)).all()


@pytest.mark.parametrize("axis", [None, 0, (0, 2), -1])
def test_methods_of_a_tensor_reduce_as_those_of_an_array(axis, rng):
    data = rng.standard_normal((2, 3, 5))
    for name in ("sum", "mean", "var", "max", "min"):
        for keepdims in (False, True):
            y = getattr(Tensor(data), name)(axis=axis, keepdims=keepdims)
            expected = getattr(data, name)(axis=axis, keepdims=keepdims)
            assert y.shape == np.shape(expected)
            assert np.allclose(y.data, expected, rtol=1e-14)
