"""Scaled dot-product attention: masks, limits, and what the scale is for."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor
from minillm.ops.attention import probabilities
from tests.ops import naive

attend = ops.scaled_dot_product_attention
T, S, K, V = 3, 5, 2, 7


@st.composite
def operands(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    mask = rng.random((T, S)) < draw(st.sampled_from([0.2, 0.6, 1.0]))
    return *(rng.standard_normal(shape) for shape in [(T, K), (S, K), (S, V)]), mask


def values_and_gradients(q, k, v, **settings) -> list[np.ndarray]:
    leaves = [Tensor(x, requires_grad=True) for x in (q, k, v)]
    y = attend(*leaves, **settings)
    y.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    return [y.data, *(leaf.grad for leaf in leaves)]


def test_two_keys_by_hand():
    query = np.array([[math.sqrt(2.0) * math.log(3.0), 0.0]])  # scores ln 3 and 0 after / sqrt 2
    y = attend(query, np.array([[1.0, 5.0], [0.0, 7.0]]), np.array([[4.0], [8.0]]))
    assert y.data == pytest.approx(0.75 * 4.0 + 0.25 * 8.0, rel=1e-14)


@given(operands())
def test_it_is_an_explicit_loop_over_queries_and_keys(sample):
    *qkv, mask = sample
    assert np.allclose(attend(*qkv, mask=mask).data, naive.attention(*qkv, mask=mask), rtol=1e-12)


@pytest.mark.guide("G15")
@pytest.mark.errata("A30")
@given(operands())
def test_g15_the_weights_of_a_query_sum_to_1_and_masked_keys_weigh_exactly_0(sample):
    q, k, _, mask = sample
    weights = attend(q, k, np.eye(S), mask=mask).data  # values e_1, e_2, ...: the weights appear
    sums = np.where(mask.any(axis=-1), 1.0, 0.0)
    assert np.allclose(weights.sum(axis=-1), sums, rtol=1e-14)
    assert not weights[~mask].any()


@pytest.mark.guide("G15")
@pytest.mark.errata("A31")
@pytest.mark.parametrize("width", [2, 16, 128])
def test_g15_scores_grow_with_the_width_unless_they_are_scaled(width):
    n = 4000
    rng = np.random.default_rng(width)
    scores = (rng.standard_normal((n, width)) * rng.standard_normal((n, width))).sum(axis=-1)
    spread = 6.0 * math.sqrt((2.0 + 6.0 / width) / n)  # six standard errors, in units of the mean
    assert np.mean(scores**2) / width == pytest.approx(1.0, abs=spread)
    assert np.mean((scores * width**-0.5) ** 2) == pytest.approx(1.0, abs=spread)


def mean_entropy(p: np.ndarray) -> float:
    return float(-(p * np.log(np.maximum(p, 1e-300))).sum(axis=-1).mean())


@pytest.mark.guide("G15")
@pytest.mark.errata("A31")
def test_g15_without_the_scale_wide_heads_attend_to_almost_one_key_alone():
    keys = 32
    rng = np.random.default_rng(0)
    plain, scaled = {}, {}
    for width in (2, 16, 128):
        q, k = rng.standard_normal((200, width)), rng.standard_normal((keys, width))
        plain[width] = mean_entropy(probabilities(q, k, scale=1.0))
        scaled[width] = mean_entropy(probabilities(q, k))
    assert plain[2] > plain[16] > plain[128]
    assert plain[128] < 0.2 * math.log(keys)
    assert all(entropy > 0.8 * math.log(keys) for entropy in scaled.values())


def test_g15_attention_itself_divides_by_the_root_of_the_width(rng):
    q, k, v = (rng.standard_normal(shape) for shape in [(T, 16), (S, 16), (S, V)])
    y = ops.softmax(q @ k.T / 4.0) @ v
    assert np.allclose(attend(q, k, v).data, y.data, rtol=1e-13)


@pytest.mark.fault(16)
def test_a_query_that_may_attend_to_nothing_gives_zeros_and_zero_gradients(rng):
    q, k, v = (rng.standard_normal(shape) for shape in [(T, K), (S, K), (S, V)])
    mask = np.ones((T, S), dtype=bool)
    mask[1] = False
    y, grad_q, grad_k, grad_v = values_and_gradients(q, k, v, mask=mask)
    assert not y[1].any()
    assert not grad_q[1].any()
    assert all(np.isfinite(x).all() and x.any() for x in (y, grad_q, grad_k, grad_v))


def test_with_everything_masked_all_is_0(rng):
    shapes = [(T, K), (S, K), (S, V)]
    mask = np.zeros((T, S), dtype=bool)
    found = values_and_gradients(*map(rng.standard_normal, shapes), mask=mask)
    assert not any(x.any() for x in found)


def test_the_content_of_masked_keys_and_values_does_not_matter(rng):
    q, k, v = (rng.standard_normal(shape) for shape in [(T, K), (S, K), (S, V)])
    mask = np.array([True, True, False, True, False])
    before = values_and_gradients(q, k, v, mask=mask)
    k[~mask], v[~mask] = 1e3, -1e3
    after = values_and_gradients(q, k, v, mask=mask)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.fault(19)
def test_true_in_the_mask_means_may_attend():
    v = np.array([[10.0], [20.0]])
    mask = np.array([[True, False]])
    assert attend(np.ones((1, 1)), np.ones((2, 1)), v, mask=mask).data.tolist() == [[10.0]]


def test_a_mask_of_nothing_but_true_is_no_mask(rng):
    q, k, v = (rng.standard_normal(shape) for shape in [(T, K), (S, K), (S, V)])
    everything = np.ones((T, S), dtype=bool)
    assert np.array_equal(attend(q, k, v, mask=everything).data, attend(q, k, v).data)


def test_under_a_causal_mask_a_later_token_leaves_earlier_outputs_bitwise_alone(rng):
    x = rng.standard_normal((S, K))
    causal = np.tri(S, dtype=bool)
    before = attend(x, x, x, mask=causal).data
    x[3] += 1.0
    after = attend(x, x, x, mask=causal).data
    assert np.array_equal(before[:3], after[:3])
    assert not np.array_equal(before[3:], after[3:])


@given(operands())
def test_every_output_lies_between_the_smallest_and_the_largest_value(sample):
    q, k, v, _ = sample
    y = attend(q, k, v).data
    assert np.all((y >= v.min(axis=0) - 1e-12) & (y <= v.max(axis=0) + 1e-12))


@given(operands(), st.permutations(range(S)))
def test_keys_and_values_in_another_order_give_the_same(sample, order):
    q, k, v, mask = sample
    y = attend(q, k[order], v[order], mask=mask[:, order]).data
    assert np.allclose(y, attend(q, k, v, mask=mask).data, rtol=1e-12, atol=1e-14)


def test_equal_scores_give_the_mean_of_the_values():
    v = np.array([[1.0], [2.0], [6.0]])
    assert attend(np.zeros((1, K)), np.ones((3, K)), v).data == pytest.approx(3.0, rel=1e-15)


@pytest.mark.errata("A58")
@given(operands(), st.floats(-50.0, 50.0))
def test_values_that_are_all_alike_come_out_unchanged(sample, number):
    """A mean of equal things, for every query that may attend to anything."""
    q, k, v, mask = sample
    y = attend(q, k, np.full_like(v, number), mask=mask).data
    assert np.allclose(y[mask.any(axis=-1)], number, rtol=1e-13)


def test_two_values_of_one_come_out_as_one_whatever_the_scores(rng):
    ones = np.ones((2, 1))
    assert attend(rng.standard_normal((1, K)), rng.standard_normal((2, K)), ones).data == 1.0


def test_the_middle_query_of_three_attends_to_nothing_by_hand():
    mask = np.array([[True, False], [False, False], [True, True]])
    y = attend(np.zeros((3, 1)), np.zeros((2, 1)), np.array([[2.0], [4.0]]), mask=mask)
    assert y.data.tolist() == [[2.0], [0.0], [3.0]]


def test_exchanging_two_keys_and_their_values_by_hand():
    q = np.array([[math.log(3.0)]])
    k, v = np.array([[1.0], [0.0]]), np.array([[4.0], [8.0]])
    for order in ([0, 1], [1, 0]):
        assert attend(q, k[order], v[order]).data == pytest.approx(5.0, rel=1e-14)


def test_keep_factors_multiply_the_weights_after_the_softmax(rng):
    q, k, v = (rng.standard_normal(shape) for shape in [(T, K), (S, K), (S, V)])
    keep = (rng.random((T, S)) < 0.5) * 2.0
    weights = attend(q, k, np.eye(S)).data
    assert np.allclose(attend(q, k, v, keep=keep).data, (weights * keep) @ v, rtol=1e-13)


def test_each_entry_of_a_batch_is_attended_on_its_own(rng):
    q, k, v = (rng.standard_normal((11, *shape)) for shape in [(T, K), (S, K), (S, V)])
    together = attend(q, k, v).data
    alone = [attend(*one).data for one in zip(q, k, v, strict=True)]
    assert np.allclose(together, alone, rtol=1e-13)
