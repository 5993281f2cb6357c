"""float16 counts and adds up in float32; large and small squares neither overflow nor vanish."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Parameter

N = 70_000  # more than the largest number of float16


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("n", [3, 3000, N])
def test_ties_are_counted_beyond_float16(name, n):
    x = Parameter(np.ones((2, n), np.float16))
    getattr(x, name)(1).sum().backward()
    assert x.grad.dtype == np.float16
    assert np.allclose(x.grad.astype(float).sum(axis=1), 1.0, rtol=5e-3)


@pytest.mark.parametrize("name", ["mean", "var", "std"])
def test_statistics_of_many_float16_are_those_of_float64(name, rng):
    values = (300.0 * rng.standard_normal(N)).astype(np.float16)  # squares up to 1e6
    x, exact = Parameter(values / np.float16(4)), Parameter(values.astype(float) / 4)
    small, large = getattr(x, name)(), getattr(exact, name)()
    assert small.dtype == np.float16
    assert float(small) == pytest.approx(float(large), rel=2e-3, abs=1e-2)
    small.backward()
    large.backward()
    assert x.grad.dtype == np.float16
    assert np.allclose(x.grad, exact.grad, rtol=5e-3, atol=1e-7)


def test_the_spread_of_float16_may_lie_beyond_the_root_of_its_largest_number():
    x = Parameter(np.array([20_000.0, -20_000.0], np.float16))
    assert float(x.std()) == 20_000.0
    x.std().backward()
    assert x.grad.tolist() == [0.5, -0.5]


@pytest.mark.parametrize("stretch", ["add", "multiply", "take", "broadcast_to", "embedding"])
def test_what_was_used_many_times_has_the_whole_gradient(stretch):
    n = 5000  # float16 adds 1 to 2048 in vain
    x = Parameter(np.ones((1, 1), np.float16))
    ones = np.ones((n, 1), np.float16)
    y = {
        "add": lambda: x + ones,
        "multiply": lambda: x * ones,
        "take": lambda: x[np.zeros(n, int)],
        "broadcast_to": lambda: ops.broadcast_to(x, shape=(n, 1)),
        "embedding": lambda: ops.embedding(x, ids=np.zeros(n, int)),
    }[stretch]()
    y.backward(ones)
    assert x.grad.dtype == np.float16
    assert x.grad.tolist() == [[5000.0]]


@given(st.integers(-38, 37), st.integers(0, 99))
def test_a_deviation_scales_with_its_numbers_in_float32(exponent, seed):
    unit = np.float32(2.0) ** np.float32(3.3 * exponent)
    z = np.random.default_rng(seed).standard_normal((3, 8)).astype(np.float32)
    values = z * unit
    x = Parameter(values)
    y = x.std(axis=1)
    exact = values.astype(float).std(axis=1)
    assert y.dtype == np.float32
    assert np.allclose(y.data.astype(float), exact, rtol=1e-5, atol=1e-44)
    y.sum().backward()
    deviations = values.astype(float) - values.astype(float).mean(axis=1, keepdims=True)
    assert np.allclose(x.grad, deviations / (8 * exact[:, None]), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("size", [1e-18, 1e-12, 1.0, 1e18])
def test_a_variance_that_float32_can_hold_is_held(size):
    """The sum of the squares need not fit: of a thousand numbers near 1e18 it does not."""
    x = Parameter(np.array([size, -size] * 500, np.float32))
    assert float(x.var()) == pytest.approx(size**2, rel=1e-6, abs=1e-45)


def test_the_spread_of_equal_numbers_is_0_and_its_slope_too():
    x = Parameter(np.full((2, 3), 5.0))
    x.std(axis=1).sum().backward()
    assert x.grad.tolist() == [[0.0] * 3] * 2
