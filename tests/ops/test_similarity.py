import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor, check_vjp

cosine = ops.cosine_similarity
SEEDS = st.integers(0, 2**32)


def test_an_angle_of_60_degrees_by_hand():
    a = Tensor(np.array([2.0, 0.0]), requires_grad=True)
    b = Tensor(np.array([1.0, math.sqrt(3.0)]), requires_grad=True)
    y = cosine(a, b)
    y.backward()
    assert y.item() == pytest.approx(0.5, rel=1e-15)
    assert np.allclose(a.grad, [0.0, math.sqrt(3.0) / 4.0], atol=1e-15)
    assert np.allclose(b.grad, [3.0 / 8.0, -math.sqrt(3.0) / 8.0], atol=1e-15)


@given(SEEDS)
def test_it_lies_between_minus_1_and_1_and_is_1_with_itself(seed):
    a, b = np.random.default_rng(seed).standard_normal((2, 4, 3))
    assert np.all(np.abs(cosine(a, b).data) <= 1.0 + 1e-15)
    assert np.allclose(cosine(a, a).data, 1.0, rtol=1e-14)
    assert np.allclose(cosine(a, -a).data, -1.0, rtol=1e-14)
    assert np.allclose(cosine(a, b).data, cosine(b, a).data, rtol=1e-14)


@given(SEEDS, st.integers(-90, 90))
def test_lengths_do_not_matter_and_the_gradient_is_at_right_angles_to_the_vector(seed, power):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 4, 3)).astype(np.float32)
    scaled = Tensor(a * np.float32(2.0**power), requires_grad=True)
    y = cosine(scaled, b, eps=0.0)
    y.sum().backward()
    assert np.array_equal(y.data, cosine(a, b, eps=0.0).data)
    assert np.abs((scaled.grad * np.float32(2.0**power) * a).sum(axis=-1)).max() < 1e-5
    assert np.isfinite(scaled.grad).all() and scaled.grad.any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_whose_squares_are_beyond_all_floats(dtype):
    large, small = (1e30, 1e-25) if dtype is np.float32 else (1e300, 1e-250)
    a = np.array([[3.0, 4.0], [3.0, 4.0]]) * [[large], [small]]
    y, vjp = cosine.rule(a.astype(dtype), np.array([1.0, 0.0], dtype), eps=0.0)
    assert np.allclose(y, 0.6, rtol=1e-6)
    grad, _ = vjp(np.ones(2, dtype))
    expected = np.array([0.64 / 5.0, -0.48 / 5.0]) / [[large], [small]]
    assert np.allclose(grad / expected, 1.0, rtol=1e-5)


def test_below_eps_a_vector_counts_as_if_it_were_that_long():
    a = Tensor(np.array([0.0, 0.0]), requires_grad=True)
    y = cosine(a, np.array([3.0, 4.0]), eps=0.5)
    y.backward()
    assert y.item() == 0.0
    assert np.allclose(a.grad, [1.2, 1.6], rtol=1e-15)
    assert cosine(np.array([0.3, 0.4]), np.array([0.3, 0.4]), eps=1.0).item() == pytest.approx(0.25)
    assert cosine(np.array([1e-9, 0.0]), np.array([1.0, 0.0])).item() == pytest.approx(0.1)
    assert np.isnan(cosine(np.zeros(2), np.ones(2), eps=0.0).item())


@given(SEEDS, st.integers(0, 2))
def test_the_gradient_is_that_of_finite_differences_along_every_axis(seed, axis):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 2, 3, 4))
    check_vjp(cosine.rule, a + np.copysign(0.2, a), b + np.copysign(0.2, b), axis=axis, rng=rng)
