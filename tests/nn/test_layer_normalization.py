import numpy as np
import pytest

from minillm.nn import LayerNorm
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values


def test_one_row_by_hand():
    """(1, 2, 3, 6) has mean 3 and variance 3.5."""
    layer = LayerNorm(4, eps=0.5).to_dtype(np.float64)  # sqrt(3.5 + 0.5) = 2
    np.testing.assert_array_equal(values(layer, np.array([1.0, 2, 3, 6])), [-1.0, -0.5, 0.0, 1.5])


@pytest.mark.guide("G21")
def test_every_position_gets_mean_zero_and_variance_one(rng):
    x = 7.0 + 3.0 * rng.standard_normal((2, 3, 64))
    y = values(LayerNorm(64).to_dtype(np.float64), x)
    np.testing.assert_allclose(y.mean(axis=-1), 0.0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis=-1), 1.0, atol=1e-5)


def test_scale_and_shift_come_after(rng):
    layer = scrambled(LayerNorm(5), rng)
    x = rng.standard_normal((2, 3, 5))
    plain = values(LayerNorm(5).to_dtype(np.float64), x)
    expected = plain * layer.weight.data + layer.bias.data
    np.testing.assert_allclose(values(layer, x), expected, rtol=0, atol=1e-14)


def test_gradients_of_gain_bias_and_input(rng):
    assert check_layer(LayerNorm(5), rng.standard_normal((2, 3, 5)), rng) < 1e-6


def test_it_starts_as_the_plain_normalization_with_the_default_eps():
    layer = LayerNorm(3)
    assert layer.weight.data.tolist() == [1.0] * 3
    assert layer.bias.data.tolist() == [0.0] * 3
    assert layer.eps == 1e-5


def test_float32_stays_float32_also_with_a_numpy_eps(rng):
    x = rng.standard_normal((2, 5)).astype(np.float32)
    for layer in (LayerNorm(5), LayerNorm(5, eps=np.float64(1e-5))):
        assert dtypes_of_output_and_gradients(layer, x) == {np.dtype(np.float32)}


@pytest.mark.parametrize(("width", "eps"), [(0, 1e-5), (3, 0.0), (3, -1.0), (3, float("nan"))])
def test_a_width_or_eps_that_is_not_positive_is_refused(width, eps):
    with pytest.raises(ValueError, match=f"LayerNorm: needs .*, got {width} and {eps}"):
        LayerNorm(width, eps=eps)
