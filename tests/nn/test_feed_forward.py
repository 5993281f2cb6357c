import math

import numpy as np
import pytest

from minillm.autograd import Tensor, gradients_of
from minillm.nn import FeedForward
from minillm.ops import gelu, relu
from minillm.optim import Adam
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values


def test_one_unit_by_hand(rng):
    """gelu(2 · 3 - 5) · 7 + 0.5 = 7 Φ(1) + 0.5."""
    layer = FeedForward(1, 1, rng=rng).to_dtype(np.float64)
    for parameter, value in zip(layer.parameters(), (2.0, -5.0, 7.0, 0.5), strict=True):
        parameter.data = np.full(parameter.shape, value)
    expected = 7 * 0.5 * (1 + math.erf(math.sqrt(0.5))) + 0.5
    assert values(layer, np.array([3.0]))[0] == pytest.approx(expected, abs=1e-14)


@pytest.mark.guide("G19")
def test_it_is_relu_between_two_affine_maps_at_every_position_by_itself(rng):
    layer = scrambled(FeedForward(5, 11, rng=rng, activation=relu), rng)
    x = rng.standard_normal((2, 3, 5))
    s = layer.state_dict()
    y = values(layer, x)
    for place in np.ndindex(2, 3):
        hidden = np.maximum(s["inner.weight"] @ x[place] + s["inner.bias"], 0)
        expected = s["outer.weight"] @ hidden + s["outer.bias"]
        np.testing.assert_allclose(y[place], expected, rtol=0, atol=1e-13)


def test_gelu_is_the_default(rng):
    assert FeedForward(5, 11, rng=rng).activation is gelu


def test_gradients_of_all_weights_and_of_the_input(rng):
    x = rng.standard_normal((2, 3, 5))
    assert check_layer(FeedForward(5, 11, rng=rng), x, rng) < 1e-6


def test_float32_stays_float32(rng):
    x = rng.standard_normal((3, 5)).astype(np.float32)
    assert dtypes_of_output_and_gradients(FeedForward(5, 11, rng=rng), x) == {np.dtype(np.float32)}


@pytest.mark.guide("G19")
def test_the_branch_can_subtract_which_a_second_relu_would_forbid(rng):
    layer = FeedForward(32, 128, rng=rng, activation=relu)
    x = Tensor(rng.standard_normal((100, 32)).astype(np.float32))
    assert np.mean(layer(x).data < 0) > 0.3
    assert np.mean(relu(layer(x)).data < 0) == 0.0


@pytest.mark.guide("G19")
@pytest.mark.errata("A50")
def test_a_second_relu_cannot_be_trained_to_a_target_with_both_signs(rng):
    x = rng.standard_normal((64, 8)).astype(np.float32)
    target = x[:, ::-1]

    def trained_loss(bend):
        layer = FeedForward(8, 32, rng=np.random.default_rng(3), activation=relu)
        optimizer = Adam(layer.parameters(), lr=0.01)
        for _ in range(200):
            error = bend(layer(Tensor(x))) - target
            loss = (error * error).mean()
            optimizer.step(gradients_of(loss, optimizer.parameters))
        return float(loss)

    below = np.mean(np.minimum(target, 0) ** 2)  # what the best non-negative function must leave
    assert trained_loss(lambda y: y) < 0.1 * below
    assert trained_loss(relu) >= below
