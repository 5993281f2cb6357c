import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import LearnedPositions, RotaryPositions, SinusoidalPositions, sinusoids
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values


def test_the_first_sines_and_cosines_by_hand():
    table = sinusoids(3, 4)
    assert table[0].tolist() == [0.0, 1.0, 0.0, 1.0]
    expected = [np.sin(2), np.cos(2), np.sin(0.02), np.cos(0.02)]  # 10000^(2/4) = 100
    np.testing.assert_allclose(table[2], expected, rtol=1e-14)


def test_a_step_of_fixed_size_is_the_same_rotation_from_everywhere():
    table, step = sinusoids(40, 6), 7
    pairs = table.reshape(40, 3, 2)  # (sin, cos) of each frequency
    angles = step / 10000.0 ** (np.arange(0, 6, 2) / 6)
    for i, angle in enumerate(angles):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        np.testing.assert_allclose(pairs[step:, i], pairs[:-step, i] @ turn.T, rtol=0, atol=1e-12)


def test_no_two_positions_share_a_vector():
    table = sinusoids(200, 16)
    distances = np.linalg.norm(table[:, None] - table[None], axis=-1)
    assert np.min(distances + 10 * np.eye(200)) > 0.1


def test_learned_positions_add_one_row_per_place(rng):
    layer = scrambled(LearnedPositions(7, 5, rng=rng), rng)
    x = rng.standard_normal((2, 3, 5))
    np.testing.assert_array_equal(values(layer, x), x + layer.weight.data[:3])


def test_sinusoidal_positions_add_the_table_and_have_no_parameters(rng):
    layer = SinusoidalPositions(7, 6)
    x = rng.standard_normal((2, 3, 6))
    np.testing.assert_array_equal(values(layer, x), x + sinusoids(3, 6))
    assert layer.parameters() == []


def test_gradients_of_the_table_and_of_the_input(rng):
    x = rng.standard_normal((2, 3, 6))
    assert check_layer(LearnedPositions(7, 6, rng=rng), x, rng) < 1e-6
    assert check_layer(SinusoidalPositions(7, 6), x, rng) < 1e-6


def test_float32_stays_float32(rng):
    x = rng.standard_normal((2, 3, 6)).astype(np.float32)
    for layer in (LearnedPositions(7, 6, rng=rng), SinusoidalPositions(7, 6)):
        assert dtypes_of_output_and_gradients(layer, x) == {np.dtype(np.float32)}


@pytest.mark.fault(13)
@pytest.mark.parametrize("length", [0, 8])
def test_a_sequence_of_no_or_too_many_positions_is_refused(length, rng):
    x = Tensor(np.zeros((2, length, 6)))
    for layer in (LearnedPositions(7, 6, rng=rng), SinusoidalPositions(7, 6)):
        with pytest.raises(ValueError, match=rf"sequence length {length} is not in 1\.\.7"):
            layer(x)


def test_the_longest_sequence_is_allowed(rng):
    x = Tensor(np.zeros((2, 7, 6)))
    for layer in (LearnedPositions(7, 6, rng=rng), SinusoidalPositions(7, 6)):
        assert layer(x).shape == (2, 7, 6)


@pytest.mark.parametrize(("length", "width"), [(7, 5), (7, 0), (0, 6)])
def test_an_odd_width_or_no_position_is_refused(length, width):
    with pytest.raises(ValueError, match=f"width even, got {length} and {width}"):
        SinusoidalPositions(length, width)


@pytest.mark.parametrize(("length", "width"), [(0, 6), (7, 0), (-1, 6)])
def test_sizes_below_one_are_refused(length, width, rng):
    with pytest.raises(ValueError, match=f"LearnedPositions: .* got {length} and {width}"):
        LearnedPositions(length, width, rng=rng)


@pytest.mark.parametrize("kind", [LearnedPositions, SinusoidalPositions])
def test_a_text_that_starts_later_gets_the_positions_from_there_on(kind, rng):
    settings = {"rng": rng} if kind is LearnedPositions else {}
    layer = kind(9, 6, **settings).to_dtype(np.float64)
    x = rng.standard_normal((2, 9, 6))
    whole = values(layer, x)
    for start in (0, 2, 8):
        np.testing.assert_array_equal(values(layer, x[:, start:], start=start), whole[:, start:])
    with pytest.raises(ValueError, match=r"sequence length 9 is not in 1\.\.8"):
        values(layer, x, start=1)
    with pytest.raises(ValueError, match="start must be at least 0, got -1"):
        values(layer, x, start=-1)


@pytest.mark.parametrize("kind", [LearnedPositions, SinusoidalPositions])
def test_every_text_of_a_batch_may_start_elsewhere_and_padding_before_it_is_at_position_0(
    kind, rng
):
    settings = {"rng": rng} if kind is LearnedPositions else {}
    layer = kind(9, 6, **settings).to_dtype(np.float64)
    x = rng.standard_normal((3, 5, 6))
    found = values(layer, x, start=np.array([-2, 0, 4]))
    table = values(layer, np.zeros((9, 6)))
    rows = np.array([[0, 0, 0, 1, 2], [0, 1, 2, 3, 4], [4, 5, 6, 7, 8]])
    np.testing.assert_array_equal(found, x + table[rows])
    with pytest.raises(ValueError, match=r"sequence length 5 is not in 1\.\.4"):
        values(layer, x, start=np.array([0, 5, 0]))
    with pytest.raises(ValueError, match=r"start \(2,\) must be one for each of \(3,\)"):
        values(layer, x, start=np.array([0, 1]))
    assert check_layer(layer, x, rng, start=np.array([-2, 0, 4])) < 1e-6


@pytest.mark.parametrize("start", [1.0, [0, 1], None, "1"])
def test_a_start_that_is_not_a_whole_number_is_refused_in_words(rng, start):
    layers = LearnedPositions(9, 4, rng=rng), SinusoidalPositions(9, 4), RotaryPositions(9, 4)
    for layer in layers:
        with pytest.raises(TypeError, match="start must be one whole number, got"):
            layer(Tensor(np.ones((2, 3, 4), dtype=np.float32)), start=start)
