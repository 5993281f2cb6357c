import math

import numpy as np
import pytest

from minillm.nn import FeedForward, SwiGLU
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values


def test_one_unit_by_hand(rng):
    """silu(2 · 3 - 5) · (4 · 3 - 10) · 7 + 0.5 = 14 / (1 + e^-1) + 0.5."""
    layer = SwiGLU(1, 1, rng=rng).to_dtype(np.float64)
    numbers = {
        "gate.weight": 2.0,
        "gate.bias": -5.0,
        "inner.weight": 4.0,
        "inner.bias": -10.0,
        "outer.weight": 7.0,
        "outer.bias": 0.5,
    }
    for name, parameter in layer.named_parameters():
        parameter.data = np.full(parameter.shape, numbers.pop(name))
    assert numbers == {}
    expected = 14 / (1 + math.exp(-1)) + 0.5
    assert values(layer, np.array([3.0]))[0] == pytest.approx(expected, abs=1e-14)


def test_it_is_a_gate_times_a_map_at_every_position_by_itself(rng):
    layer = scrambled(SwiGLU(5, 11, rng=rng), rng)
    x = rng.standard_normal((2, 3, 5))
    s, y = layer.state_dict(), values(layer, x)
    for place in np.ndindex(2, 3):
        gate = s["gate.weight"] @ x[place] + s["gate.bias"]
        inner = s["inner.weight"] @ x[place] + s["inner.bias"]
        hidden = gate / (1 + np.exp(-gate)) * inner
        expected = s["outer.weight"] @ hidden + s["outer.bias"]
        np.testing.assert_allclose(y[place], expected, rtol=0, atol=1e-13)


def test_a_closed_gate_lets_nothing_through(rng):
    layer = scrambled(SwiGLU(5, 11, rng=rng), rng)
    layer.gate.weight.data = np.zeros((11, 5))
    x = rng.standard_normal((3, 5))
    for closed in (0.0, -1000.0):
        layer.gate.bias.data = np.full(11, closed)
        np.testing.assert_array_equal(values(layer, x), np.tile(layer.outer.bias.data, (3, 1)))


def test_two_thirds_of_the_hidden_units_make_as_many_parameters(rng):
    """But for the biases: three matrices of 24 x 64 have the numbers of two of 24 x 96."""
    gated, plain = SwiGLU(24, 64, rng=rng), FeedForward(24, 96, rng=rng)
    matrices = [sum(p.size for p in m.parameters() if p.ndim == 2) for m in (gated, plain)]
    assert matrices[0] == matrices[1] == 2 * 24 * 96


def test_gradients_of_all_weights_and_of_the_input(rng):
    assert check_layer(SwiGLU(5, 11, rng=rng), rng.standard_normal((2, 3, 5)), rng) < 1e-6


def test_float32_stays_float32(rng):
    x = rng.standard_normal((3, 5)).astype(np.float32)
    assert dtypes_of_output_and_gradients(SwiGLU(5, 11, rng=rng), x) == {np.dtype(np.float32)}


@pytest.mark.parametrize(("width", "hidden"), [(0, 3), (3, 0)])
def test_sizes_below_one_are_refused(width, hidden, rng):
    with pytest.raises(ValueError, match=f"at least 1, got {width} and {hidden}"):
        SwiGLU(width, hidden, rng=rng)
