import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import Linear
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values


def test_the_affine_map_by_hand(rng):
    layer = Linear(2, 3, rng=rng)
    layer.weight.data = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32)
    layer.bias.data = np.array([10, 20, 30], dtype=np.float32)
    assert values(layer, [1.0, -1.0]).tolist() == [9.0, 19.0, 29.0]


def test_every_position_is_mapped_by_itself(rng):
    layer = scrambled(Linear(5, 7, rng=rng), rng)
    x = rng.standard_normal((2, 3, 5))
    mapped = values(layer, x)
    assert mapped.shape == (2, 3, 7)
    for place in np.ndindex(2, 3):
        expected = layer.weight.data @ x[place] + layer.bias.data
        np.testing.assert_allclose(mapped[place], expected, rtol=0, atol=1e-13)


def test_gradients_of_weight_bias_and_input(rng):
    assert check_layer(Linear(5, 7, rng=rng), rng.standard_normal((2, 3, 5)), rng) < 1e-6


def test_float32_stays_float32(rng):
    x = rng.standard_normal((2, 5)).astype(np.float32)
    assert dtypes_of_output_and_gradients(Linear(5, 7, rng=rng), x) == {np.dtype(np.float32)}


def test_the_bias_starts_at_zero_and_the_weight_does_not(rng):
    layer = Linear(5, 7, rng=rng)
    assert layer.weight.shape == (7, 5)
    assert layer.bias.data.tolist() == [0.0] * 7
    assert np.all(layer.weight.data != 0)


@pytest.mark.guide("G14")
def test_row_form_and_column_form_agree_and_a_mix_of_them_raises(rng):
    """x Wᵀ with tokens in rows is the transpose of W X with tokens in columns."""
    project = scrambled(Linear(12, 4, rng=rng), rng)
    tokens = rng.standard_normal((7, 12))
    rows = values(project, tokens)
    columns = project.weight.data @ tokens.T + project.bias.data[:, None]
    np.testing.assert_allclose(rows, columns.T, rtol=0, atol=1e-13)
    assert (rows @ rows.T).shape == (7, 7)  # token by token
    assert (columns @ columns.T).shape == (4, 4)  # the mixed-up formula: feature by feature
    with pytest.raises(ValueError, match=r"x \(12, 7\) needs a weight \(out, in\), got \(4, 12\)"):
        project(Tensor(tokens.T))


@pytest.mark.fault(71)
@pytest.mark.parametrize(("inputs", "outputs"), [(0, 3), (3, 0), (-1, 3)])
def test_sizes_below_one_are_refused(inputs, outputs, rng):
    with pytest.raises(ValueError, match=f"Linear: .* at least 1, got {inputs} and {outputs}"):
        Linear(inputs, outputs, rng=rng)


def test_a_map_without_a_bias_has_one_parameter_and_the_weight_of_its_seed(rng):
    bare, full = (Linear(5, 7, rng=np.random.default_rng(3), bias=bias) for bias in (False, True))
    assert [name for name, _ in bare.named_parameters()] == ["weight"]
    np.testing.assert_array_equal(bare.weight.data, full.weight.data)
    x = rng.standard_normal((2, 5)).astype(np.float32)
    np.testing.assert_array_equal(values(bare, x), values(full, x))  # whose bias starts at 0
    assert check_layer(bare, rng.standard_normal((2, 5)), rng) < 1e-6
