import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Tensor

SCORES = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.floats(-50, 50)
)


def test_softmax_and_its_logarithm_of_known_odds_along_the_last_axis():
    odds = np.log([[1.0, 3.0], [2.0, 2.0]])
    expected = np.array([[0.25, 0.75], [0.5, 0.5]])
    assert np.allclose(ops.softmax(odds).data, expected, rtol=1e-15)
    assert np.allclose(ops.log_softmax(odds).data, np.log(expected), rtol=1e-15)


@given(SCORES, st.floats(-50, 50))
def test_softmax_ignores_a_common_shift(x, shift):
    assert np.allclose(ops.softmax(x + shift).data, ops.softmax(x).data, rtol=1e-11, atol=1e-14)


def test_softmax_ignores_a_shift_that_would_overflow_exp():
    shifted = ops.softmax(np.array([1000.0, 1000.0 + math.log(3.0)])).data
    assert np.allclose(shifted, [0.25, 0.75], rtol=1e-12)
    assert ops.softmax(np.array([1e3, -1e3])).data.tolist() == [1.0, 0.0]


@given(SCORES)
def test_softmax_rows_sum_to_1_and_keep_the_order_of_the_scores(x):
    p = ops.softmax(x).data
    assert np.allclose(p.sum(axis=-1), 1.0, rtol=1e-14)
    assert np.all((p >= 0) & (p <= 1))
    assert np.all(np.diff(np.take_along_axis(p, np.argsort(x, axis=-1), -1), axis=-1) >= 0)


@given(SCORES, st.data())
def test_softmax_treats_every_place_alike(x, data):
    """For softmax and its logarithm."""
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    order = data.draw(st.permutations(range(x.shape[axis])))
    for op in (ops.softmax, ops.log_softmax):
        moved = op(np.take(x, order, axis=axis), axis=axis).data
        assert np.allclose(moved, np.take(op(x, axis=axis).data, order, axis=axis), rtol=1e-13)


def test_exchanging_two_scores_exchanges_their_probabilities():
    for odds, expected in ([[1.0, 3.0], [0.25, 0.75]], [[3.0, 1.0], [0.75, 0.25]]):
        assert ops.softmax(np.log(odds)).data.tolist() == pytest.approx(expected, rel=1e-15)


@given(SCORES)
def test_log_softmax_is_the_logarithm_of_softmax_and_never_positive(x):
    y = ops.log_softmax(x).data
    assert np.all(y <= 0)
    assert np.allclose(np.exp(y), ops.softmax(x).data, rtol=1e-12, atol=1e-300)


def test_log_softmax_is_finite_where_the_probability_is_not_a_float_any_more():
    y = ops.log_softmax(np.array([0.0, -1000.0, 1000.0])).data
    assert y.tolist() == [-1000.0, -2000.0, 0.0]


@given(SCORES)
def test_the_gradient_of_softmax_sums_to_0_along_the_axis(x):
    leaf = Tensor(x, requires_grad=True)
    ops.softmax(leaf).backward(np.cos(np.arange(x.size)).reshape(x.shape))
    assert np.allclose(leaf.grad.sum(axis=-1), 0.0, atol=1e-15)


def test_the_gradient_of_softmax_by_hand():
    leaf = Tensor(np.log([1.0, 3.0]), requires_grad=True)
    ops.softmax(leaf).backward(np.array([1.0, 0.0]))
    assert leaf.grad.tolist() == pytest.approx([0.25 * 0.75, -0.25 * 0.75], rel=1e-14)


@pytest.mark.fault(22)
def test_one_score_of_minus_infinity_has_probability_0():
    leaf = Tensor(np.array([0.0, -np.inf, 0.0]), requires_grad=True)
    p = ops.softmax(leaf)
    p.backward(np.array([1.0, 5.0, 0.0]))
    assert p.data.tolist() == [0.5, 0.0, 0.5]
    assert leaf.grad.tolist() == [0.25, 0.0, -0.25]


def test_nothing_but_minus_infinity_has_no_distribution():
    assert np.isnan(ops.softmax(np.full(3, -np.inf)).data).all()
    assert np.isnan(ops.log_softmax(np.full(3, -np.inf)).data).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_as_far_apart_as_floats_can_be_overflow_nowhere(dtype):
    most = np.finfo(dtype).max
    x = np.array([most, -most, most], dtype)
    assert ops.softmax(x).data.tolist() == [0.5, 0.0, 0.5]
    assert ops.log_softmax(x).data[1] == -np.inf
    assert ops.logsumexp(x).item() == most
    y, vjp = ops.logsumexp.rule(x)
    assert vjp(np.ones_like(y))[0].tolist() == [0.5, 0.0, 0.5]


def test_a_nan_score_is_never_hidden():
    assert np.isnan(ops.softmax(np.array([0.0, np.nan])).data).all()
    assert np.isnan(ops.log_softmax(np.array([0.0, np.nan])).data).all()


def test_logsumexp_adds_odds_along_the_last_axis():
    """An exact example."""
    leaf = Tensor(np.log([[1.0, 3.0], [2.0, 6.0]]), requires_grad=True)
    y = ops.logsumexp(leaf)
    assert np.allclose(y.data, np.log([4.0, 8.0]), rtol=1e-15)
    y.backward(np.array([1.0, 4.0]))
    assert np.allclose(leaf.grad, [[0.25, 0.75], [1.0, 3.0]], rtol=1e-14)
    assert ops.logsumexp(leaf, axis=0, keepdims=True).shape == (1, 2)


@given(SCORES)
def test_logsumexp_lies_between_the_largest_score_and_that_plus_the_logarithm_of_their_number(x):
    above = ops.logsumexp(x).data - x.max(axis=-1)
    assert np.all(above >= 0.0)
    assert np.all(above <= math.log(x.shape[-1]) + 1e-12)


@given(SCORES, st.floats(-50, 50))
def test_a_common_shift_of_the_scores_shifts_logsumexp(x, shift):
    assert np.allclose(ops.logsumexp(x + shift).data, ops.logsumexp(x).data + shift, atol=1e-12)


@given(SCORES)
def test_log_softmax_is_the_scores_less_their_logsumexp(x):
    y = x - ops.logsumexp(x, keepdims=True).data
    assert np.allclose(ops.log_softmax(x).data, y, rtol=1e-13, atol=1e-13)


def test_logsumexp_neither_overflows_nor_underflows():
    y = ops.logsumexp(np.array([[1e3, 1e3], [-1e3, -1e3]])).data
    assert np.allclose(y, [1e3 + math.log(2.0), -1e3 + math.log(2.0)], rtol=1e-15)


def test_the_logsumexp_of_nothing_but_minus_infinity_is_that_with_zero_gradients():
    leaf = Tensor(np.array([[-np.inf, -np.inf], [0.0, -np.inf]]), requires_grad=True)
    y = ops.logsumexp(leaf)
    y.backward(np.array([5.0, 3.0]))
    assert y.data.tolist() == [-np.inf, 0.0]
    assert leaf.grad.tolist() == [[0.0, 0.0], [3.0, 0.0]]


def test_logsumexp_hides_neither_infinity_nor_nan():
    leaf = Tensor(np.array([[np.inf, 0.0], [np.nan, 0.0]]), requires_grad=True)
    result = ops.logsumexp(leaf)
    result.backward(np.ones(2))
    assert np.isnan(leaf.grad[0]).tolist() == [True, False]
    y = result.data
    assert y[0] == np.inf
    assert np.isnan(y[1])


@pytest.mark.parametrize("axis", [1.0, [0], "0", True, None])
def test_an_axis_that_is_no_integer_is_refused_in_words(axis):
    for op in (ops.softmax, ops.log_softmax, ops.logsumexp):
        with pytest.raises(TypeError, match="scores: an axis must be an integer, got"):
            op(np.ones((2, 3)), axis=axis)
