"""What has weight 0 counts for nothing, whatever stands there; masks that could be misread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor

attend = ops.scaled_dot_product_attention
T, S, K, V = 4, 5, 3, 2
JUNK = [np.nan, np.inf, -np.inf, 1e30]


def operands(rng: np.random.Generator, *batch: int) -> list[np.ndarray]:
    return [rng.standard_normal((*batch, *shape)) for shape in [(T, K), (S, K), (S, V)]]


def output_and_gradients(*arrays, cotangent=None, **settings) -> list[np.ndarray]:
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = attend(*leaves, **settings)
    g = np.cos(np.arange(y.size)).reshape(y.shape) if cotangent is None else cotangent
    y.backward(g.astype(y.dtype))
    return [y.data, *(leaf.grad for leaf in leaves)]


@pytest.mark.fault(20)
@given(st.sampled_from(JUNK), st.integers(0, S - 1), st.integers(0, 2**32 - 1))
def test_a_key_and_its_value_that_nobody_may_see_reach_nobody_forward_or_backward(junk, j, seed):
    rng = np.random.default_rng(seed)
    q, k, v = operands(rng, 2)
    mask = np.arange(S) != j
    clean = output_and_gradients(q, k, v, mask=mask)
    k[:, j, 0], v[:, j, 1] = junk, junk
    found = output_and_gradients(q, k, v, mask=mask)
    for a, b in zip(found, clean, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not found[2][:, j].any()
    assert not found[3][:, j].any()


@given(st.sampled_from(JUNK), st.integers(1, T - 1), st.integers(0, 2**32 - 1))
def test_under_a_causal_mask_junk_reaches_the_queries_after_it_and_no_other(junk, t, seed):
    """Every query has a mask of its own: a value may be hidden from one and seen by another."""
    rng = np.random.default_rng(seed)
    q, k, v = (x[:T] for x in operands(rng))
    mask, early = np.tri(T, dtype=bool), np.ones((T, V)) * (np.arange(T) < t)[:, None]
    clean = output_and_gradients(q, k, v, mask=mask, cotangent=early)
    v[t] = junk
    found = output_and_gradients(q, k, v, mask=mask, cotangent=early)
    np.testing.assert_array_equal(found[0][:t], clean[0][:t])
    if not np.isfinite(junk):
        assert np.isnan(found[0][t:]).all()
    for a, b in zip(found[1:], clean[1:], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("junk", JUNK)
def test_a_query_that_may_see_nothing_gives_zeros_and_reaches_no_key(junk, rng):
    q, k, v = operands(rng)
    mask = np.ones((T, S), dtype=bool)
    mask[1] = False
    clean = output_and_gradients(q, k, v, mask=mask)
    q[1] = junk
    found = output_and_gradients(q, k, v, mask=mask)
    for a, b in zip(found, clean, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not found[0][1].any()
    assert not found[1][1].any()


@pytest.mark.parametrize("junk", JUNK)
def test_a_value_whose_weight_is_dropped_or_biased_away_reaches_nobody(junk, rng):
    q, k, v = operands(rng)
    keep, bias = np.full((T, S), 2.0), np.zeros((T, S))
    keep[:, 2], bias[:, 3] = 0.0, -np.inf
    clean = output_and_gradients(q, k, v, bias, keep=keep)
    v[2:4] = junk
    found = output_and_gradients(q, k, v, bias, keep=keep)
    for a, b in zip(found, clean, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_a_query_does_see_is_not_swept_under_the_carpet(rng):
    for place in range(3):
        x = operands(rng)
        x[place][2] = np.nan
        y = attend(*x).data
        assert np.isnan(y[2] if place == 0 else y).all()
    q, k, v = operands(rng)
    assert np.isnan(attend(q, k, v, np.full((T, S), np.inf)).data).all()


def test_the_scale_is_one_over_the_root_of_the_width_unless_it_is_given(rng):
    q, k, v = operands(rng)
    np.testing.assert_array_equal(attend(q, k, v, scale=K**-0.5).data, attend(q, k, v).data)
    plain = ops.softmax(q @ k.T).data @ v
    np.testing.assert_allclose(attend(q, k, v, scale=1.0).data, plain, rtol=1e-13)


def test_a_scale_and_factors_of_another_dtype_promote_nothing(rng):
    q, k, v = (x.astype(np.float32) for x in operands(rng))
    for keep in (np.ones((T, S)), np.ones(S, dtype=bool), np.ones((1, 1), dtype=int)):
        found = output_and_gradients(q, k, v, scale=np.float64(0.5), keep=keep)
        assert {x.dtype for x in found} == {np.dtype(np.float32)}


@pytest.mark.parametrize("frozen", range(4))
def test_an_operand_without_a_node_costs_no_product(frozen, rng):
    """The rule is told what is wanted, and answers None for the others."""
    bias = rng.standard_normal((T, S))
    arrays = [*operands(rng), bias]
    whole = output_and_gradients(*arrays)[1:]
    wanted = tuple(i != frozen for i in range(4))
    _, vjp = attend.rule(*arrays, wanted=wanted)
    found = vjp(np.cos(np.arange(T * V)).reshape(T, V))
    assert [x is not None for x in found] == list(wanted)
    for i, gradient in enumerate(found):
        if i != frozen:
            np.testing.assert_array_equal(gradient, whole[i])
    assert len(attend.rule(*arrays[:3])[1](np.ones((T, V)))) == 3


def test_a_mask_without_an_axis_for_the_heads_is_refused_where_it_would_be_misread(rng):
    """B = H = 2: a mask (B, T, S) would be stretched over the batch and taken for the heads'."""
    x = rng.standard_normal((2, 2, T, K))
    mask = np.ones((2, T, T), dtype=bool)
    with pytest.raises(ValueError, match=r"\(2, 4, 4\) must have .* mask\[:, None\] gives it"):
        attend(x, x, x, mask=mask)
    attend(x, x, x, mask=mask[:, None])
    with pytest.raises(ValueError, match=r"keep \(2, 4, 4\) must have the axes"):
        attend(x, x, x, keep=np.ones(mask.shape))
    for axes in (0, 1, 2):
        attend(x, x, x, mask=np.ones((T,) * axes, dtype=bool))


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (np.ones((3, 1, 1, T), dtype=bool), ValueError, r"does not broadcast to \(2, 2, 4, 4\)"),
        (np.ones((1, 1, 1, 1, T), dtype=bool), ValueError, r"those of the scores \(2, 2, 4, 4\)"),
        ([[True] * T], TypeError, "must be boolean, True = may attend, got list"),
        (np.zeros((T, T)), TypeError, "got float64"),
        (np.ones((T, T), dtype=np.int8), TypeError, "got int8"),
    ],
)
def test_what_is_no_mask_for_these_scores_is_refused_in_words(mask, error, message, rng):
    x = rng.standard_normal((2, 2, T, K))
    with pytest.raises(error, match=message):
        attend(x, x, x, mask=mask)


def test_operands_of_two_dtypes_are_refused(rng):
    q, k, v = operands(rng)
    for place in range(3):
        x = [q, k, v]
        x[place] = x[place].astype(np.float32)
        with pytest.raises(TypeError, match=r"attention: query is float.*turn one of them"):
            attend(*x)
    with pytest.raises(TypeError, match="bias is float32"):
        attend(q, k, v, np.zeros((T, S), dtype=np.float32))
