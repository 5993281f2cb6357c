import numpy as np
import pytest

from minillm.autograd import Parameter, check_module, gradients_of
from minillm.nn import Embedding
from tests.nn.checks import scrambled


def test_a_lookup_is_a_product_with_one_hot_rows(rng):
    layer = scrambled(Embedding(7, 5, rng=rng), rng)
    ids = np.array([[1, 6, 1], [0, 3, 2]])
    np.testing.assert_array_equal(layer(ids).data, np.eye(7)[ids] @ layer.weight.data)


def test_the_gradient_of_a_token_is_the_sum_over_its_occurrences(rng):
    layer = scrambled(Embedding(7, 5, rng=rng), rng)
    ids = np.array([[1, 6, 1], [0, 1, 2]])
    weights = rng.standard_normal((2, 3, 5))
    (gradient,) = gradients_of((layer(ids) * weights).sum(), [layer.weight])
    one_hot = np.eye(7)[ids].reshape(6, 7)
    np.testing.assert_allclose(gradient, one_hot.T @ weights.reshape(6, 5), rtol=0, atol=1e-15)
    assert gradient[3:6].tolist() == np.zeros((3, 5)).tolist()  # tokens that do not occur


def test_gradients_of_the_table(rng):
    layer = scrambled(Embedding(7, 5, rng=rng), rng)
    assert check_module(layer, lambda: layer(np.array([[1, 6, 1], [0, 1, 2]])), rng=rng) < 1e-6


def test_a_tied_table_gets_the_gradients_of_both_its_roles(rng):
    """Looked up and multiplied by, it gets what two separate tables get together."""
    layer = scrambled(Embedding(7, 5, rng=rng), rng)
    ids, weights = np.array([1, 6, 1]), rng.standard_normal((3, 7))
    tied = (layer(ids) @ layer.weight.T * weights).sum()
    (both,) = gradients_of(tied, [layer.weight])
    other = Parameter(layer.weight.data)
    apart = (layer(ids) @ other.T * weights).sum()
    looked_up, multiplied = gradients_of(apart, [layer.weight, other])
    np.testing.assert_allclose(both, looked_up + multiplied, rtol=0, atol=1e-14)


def test_a_tied_table_of_one_number_by_hand(rng):
    """d(w w)/dw = 2 w."""
    layer = Embedding(1, 1, rng=rng)
    layer.weight.data = np.array([[3.0]], dtype=np.float32)
    (gradient,) = gradients_of((layer(np.array([0])) @ layer.weight.T).sum(), [layer.weight])
    assert gradient.tolist() == [[6.0]]


@pytest.mark.guide("G8")
def test_the_table_has_the_size_of_the_vocabulary_not_of_the_text(rng):
    layer = Embedding(7, 5, rng=rng)
    for length in (1, 3, 100):
        assert layer(np.zeros((2, length), dtype=np.int64)).shape == (2, length, 5)
    assert layer.weight.shape == (7, 5)


def test_float32_stays_float32(rng):
    layer = Embedding(7, 5, rng=rng)
    output = layer(np.array([1]))
    (gradient,) = gradients_of(output.sum(), [layer.weight])
    assert (output.dtype, gradient.dtype) == (np.float32, np.float32)


@pytest.mark.errata("A21")
def test_the_table_starts_with_standard_deviation_two_hundredths(rng):
    table = Embedding(211, 307, rng=rng).weight.data
    six_sigma = 6 * 0.02 / np.sqrt(2 * table.size)
    assert abs(table.std() - 0.02) < six_sigma
    assert abs(table.mean()) < 6 * 0.02 / np.sqrt(table.size)


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([[0, 7]], IndexError, r"token id 7 at position \(0, 1\) .* vocabulary of 7"),
        ([-1], IndexError, r"token id -1 at position \(0,\)"),
        ([0.0], TypeError, "float64"),
        ([True], TypeError, "bool"),
    ],
)
def test_wrong_ids_are_refused(ids, error, message, rng):
    with pytest.raises(error, match=message):
        Embedding(7, 5, rng=rng)(np.array(ids))


@pytest.mark.parametrize(("size", "width"), [(0, 3), (3, 0)])
def test_sizes_below_one_are_refused(size, width, rng):
    with pytest.raises(ValueError, match=f"Embedding: .* at least 1, got {size} and {width}"):
        Embedding(size, width, rng=rng)
