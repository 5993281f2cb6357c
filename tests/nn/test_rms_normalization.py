import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.nn import LayerNorm, RMSNorm
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values


def test_one_row_by_hand():
    """(1, 1, 3, 5) has mean square 9."""
    layer = RMSNorm(4, eps=7.0).to_dtype(np.float64)  # sqrt(9 + 7) = 4
    x = np.array([1.0, 1, 3, 5])
    np.testing.assert_array_equal(values(layer, x), x / 4)


def test_every_position_gets_mean_square_one_and_keeps_its_direction(rng):
    x = 7.0 + 3.0 * rng.standard_normal((2, 3, 64))
    y = values(RMSNorm(64).to_dtype(np.float64), x)
    np.testing.assert_allclose(np.mean(y * y, axis=-1), 1.0, atol=1e-6)
    ratio = y / x
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[..., :1], x.shape), rtol=1e-14)


@given(st.floats(1e-2, 1e6), st.integers(0, 2**32 - 1))
def test_the_scale_of_the_input_is_invisible_and_a_shift_is_not(scale, seed):
    """A LayerNorm does not see the shift either."""
    x = np.random.default_rng(seed).standard_normal((3, 5))
    layer = RMSNorm(5, eps=1e-30).to_dtype(np.float64)
    np.testing.assert_allclose(values(layer, scale * x), values(layer, x), rtol=1e-12)
    assert np.abs(values(layer, x + 3.0) - values(layer, x)).max() > 0.01
    shifted = values(LayerNorm(5).to_dtype(np.float64), x + 3.0)
    np.testing.assert_allclose(shifted, values(LayerNorm(5).to_dtype(np.float64), x), atol=1e-9)


def test_the_scale_comes_after(rng):
    layer = scrambled(RMSNorm(5), rng)
    x = rng.standard_normal((2, 3, 5))
    plain = values(RMSNorm(5).to_dtype(np.float64), x)
    np.testing.assert_allclose(values(layer, x), plain * layer.weight.data, rtol=0, atol=1e-14)


def test_gradients_of_gain_and_input(rng):
    assert check_layer(RMSNorm(5), rng.standard_normal((2, 3, 5)), rng) < 1e-6


def test_it_starts_as_the_plain_normalization_with_the_default_eps():
    layer = RMSNorm(3)
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer.weight.data.tolist() == [1.0] * 3
    assert layer.eps == 1e-6


def test_float32_stays_float32_also_with_a_numpy_eps(rng):
    x = rng.standard_normal((2, 5)).astype(np.float32)
    for layer in (RMSNorm(5), RMSNorm(5, eps=np.float64(1e-5))):
        assert dtypes_of_output_and_gradients(layer, x) == {np.dtype(np.float32)}


@pytest.mark.parametrize(("width", "eps"), [(0, 1e-5), (3, 0.0), (3, -1.0), (3, float("nan"))])
def test_a_width_or_eps_that_is_not_positive_is_refused(width, eps):
    with pytest.raises(ValueError, match=f"RMSNorm: needs .*, got {width} and {eps}"):
        RMSNorm(width, eps=eps)
