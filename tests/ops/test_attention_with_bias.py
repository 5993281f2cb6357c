"""Attention with a bias on its scores: what the bias means, and what it leaves alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor
from tests.ops import naive

attend = ops.scaled_dot_product_attention
T, S, K, V = 3, 5, 2, 7


@st.composite
def operands(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    mask = rng.random((T, S)) < draw(st.sampled_from([0.2, 0.6, 1.0]))
    shapes = [(T, K), (S, K), (S, V), (T, S)]
    return *(rng.standard_normal(shape) for shape in shapes), mask


def gradients(*arrays, **settings) -> list[np.ndarray]:
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = attend(*leaves, **settings)
    y.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    return [leaf.grad for leaf in leaves]


def test_two_keys_by_hand():
    """The product gives ln 3 and 0 after the scaling, the bias adds 0 and ln 9: odds 3 to 9."""
    query = np.array([[math.sqrt(2.0) * math.log(3.0), 0.0]])
    key, value = np.array([[1.0, 5.0], [0.0, 7.0]]), np.array([[4.0], [8.0]])
    bias = Tensor(np.array([[0.0, math.log(9.0)]]), requires_grad=True)
    y = attend(query, key, value, bias)
    y.backward(np.ones((1, 1)))
    assert y.data == pytest.approx(0.25 * 4.0 + 0.75 * 8.0, rel=1e-14)
    assert bias.grad.tolist() == [pytest.approx([0.25 * (4.0 - 7.0), 0.75 * (8.0 - 7.0)])]


@given(operands())
def test_it_is_an_explicit_loop_over_queries_and_keys(sample):
    *four, mask = sample
    expected = naive.attention(*four, mask=mask)
    assert np.allclose(attend(*four, mask=mask).data, expected, rtol=1e-12, atol=1e-14)


@given(operands())
def test_without_a_bias_it_is_plain_attention_bit_for_bit(sample):
    q, k, v, bias, mask = sample
    nothing = np.zeros_like(bias)
    assert np.array_equal(attend(q, k, v, nothing, mask=mask).data, attend(q, k, v, mask=mask).data)
    with_bias, without = gradients(q, k, v, nothing, mask=mask), gradients(q, k, v, mask=mask)
    assert all(np.array_equal(a, b) for a, b in zip(with_bias, without, strict=False))


@given(operands(), st.floats(-20.0, 20.0))
def test_a_number_common_to_all_keys_of_a_query_changes_nothing(sample, number):
    q, k, v, bias, mask = sample
    shifted = attend(q, k, v, bias + number, mask=mask).data
    assert np.allclose(shifted, attend(q, k, v, bias, mask=mask).data, rtol=1e-11, atol=1e-13)


@given(operands())
def test_the_gradient_of_the_bias_sums_to_0_over_the_keys(sample):
    *four, mask = sample
    assert np.allclose(gradients(*four, mask=mask)[3].sum(axis=-1), 0.0, atol=1e-14)


@given(operands())
def test_the_bias_of_a_masked_score_counts_for_nothing(sample):
    q, k, v, bias, mask = sample
    other = np.where(mask, bias, np.nan)
    y = attend(q, k, v, bias, mask=mask).data
    assert np.array_equal(attend(q, k, v, other, mask=mask).data, y)
    assert not gradients(q, k, v, other, mask=mask)[3][~mask].any()


@given(operands())
def test_a_bias_of_minus_infinity_is_a_mask(sample):
    q, k, v, _, mask = sample
    bias = np.where(mask, 0.0, -np.inf)
    assert np.array_equal(attend(q, k, v, bias).data, attend(q, k, v, mask=mask).data)
    expected = gradients(q, k, v, mask=mask)
    found = gradients(q, k, v, bias)
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=False))
    assert np.isfinite(found[3]).all()


@given(operands(), st.permutations(range(S)))
def test_keys_values_and_biases_in_another_order_give_the_same(sample, order):
    """With a bias: what belongs to a key moves with it."""
    q, k, v, bias, mask = sample
    y = attend(q, k[order], v[order], bias[:, order], mask=mask[:, order]).data
    assert np.allclose(y, attend(q, k, v, bias, mask=mask).data, rtol=1e-12, atol=1e-14)


def test_a_bias_of_distances_makes_a_shifted_sequence_attend_as_before(rng):
    """A slope per head times the distance: where the sequence starts makes no difference."""
    x = rng.standard_normal((2, 4, K))  # (H, T, K)
    places = np.arange(4.0)
    slopes = np.array([0.5, 0.25]).reshape(2, 1, 1)
    near, far = (-slopes * abs(start + places[:, None] - places - start) for start in (0.0, 100.0))
    assert np.array_equal(attend(x, x, x, near).data, attend(x, x, x, far).data)
    one = attend(x[0], x[0], x[0], near[0]).data
    assert np.allclose(attend(x, x, x, near).data[0], one, rtol=1e-14)


def test_equal_content_leaves_the_bias_alone_to_decide():
    bias = np.log(np.array([[1.0, 2.0, 5.0]]))
    y = attend(np.ones((1, K)), np.ones((3, K)), np.array([[8.0], [16.0], [24.0]]), bias)
    assert y.data == pytest.approx((8.0 + 32.0 + 120.0) / 8.0, rel=1e-14)


def test_a_bias_shared_by_batch_and_heads_collects_the_gradients_of_all(rng):
    q, k, v = (rng.standard_normal((2, 3, *shape)) for shape in [(T, K), (S, K), (S, V)])
    shared = rng.standard_normal((T, S))
    each = np.broadcast_to(shared, (2, 3, T, S)).copy()
    summed = gradients(q, k, v, each)[3].sum(axis=(0, 1))
    assert np.allclose(gradients(q, k, v, shared)[3], summed, rtol=1e-12)
