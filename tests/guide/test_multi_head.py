"""What the guide says of attention weights and of several heads (sections 3.1 and 4.1.2)."""

import numpy as np
import pytest

from minillm.nn import MultiHeadAttention
from minillm.ops import scaled_dot_product_attention
from minillm.ops.attention import probabilities
from tests.nn.checks import scrambled, values

N, WIDTH, HEADS = 8, 12, 4


@pytest.fixture
def x(rng):
    return rng.standard_normal((1, N, WIDTH))


@pytest.fixture
def layer(rng):
    return scrambled(MultiHeadAttention(WIDTH, HEADS, rng=rng), rng)


def projected(layer, x):
    """Queries, keys and values of the whole width, before any split into heads."""
    return [values(part, x)[0] for part in (layer.query, layer.key, layer.value)]


@pytest.mark.errata("A27")
def test_a27_a_weight_belongs_to_two_positions_and_twice_the_text_has_four_times_as_many(rng):
    sizes = []
    for n in (N, 2 * N):
        q, k = rng.standard_normal((2, n, WIDTH))
        weights = probabilities(q, k)
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
        assert np.abs(weights - weights[0]).max() > 0.1  # not one list of weights for everybody
        sizes.append(weights.size)
    assert sizes[1] == 4 * sizes[0]


@pytest.mark.errata("A30")
def test_a30_the_dot_products_are_scores_and_become_weights_by_softmax(rng):
    q, k = rng.standard_normal((2, N, WIDTH))
    scores = q @ k.T / np.sqrt(WIDTH)
    assert scores.min() < 0
    assert np.abs(scores.sum(axis=1) - 1).max() > 0.5
    weights = probabilities(q, k)
    assert weights.min() > 0
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.errata("A30")
def test_a30_the_formula_beside_the_weights_gives_the_output(rng):
    """Steps two and three have one formula: the weights times V, and summed."""
    q, k, v = (rng.standard_normal((N, width)) for width in (WIDTH, WIDTH, 5))
    printed = scaled_dot_product_attention(q, k, v).data
    weights = probabilities(q, k)
    assert (weights.shape, printed.shape) == ((N, N), (N, 5))
    np.testing.assert_allclose(printed, weights @ v, rtol=1e-12)


@pytest.mark.errata("A34")
def test_a34_every_head_has_a_score_for_every_pair(layer, x):
    assert layer.weights(x).size == HEADS * N**2 == 256
    pieces = np.split(x[0], HEADS)  # the guide's sub-sequences, each attending in itself
    scores = [probabilities(piece, piece).size for piece in pieces]
    assert sum(scores) == N**2 // HEADS == 16


@pytest.mark.errata("A34")
def test_a34_the_output_matrix_mixes_the_heads(layer, x):
    """Vaswani et al. 2017, section 3.2.2; the guide stops at the concatenation."""

    def features_that_change():
        before = values(layer, x)
        layer.value.bias.data = layer.value.bias.data + (np.arange(WIDTH) < WIDTH // HEADS)
        return np.any(np.abs(values(layer, x) - before) > 1e-9, axis=(0, 1)).sum()

    assert features_that_change() == WIDTH  # head 1 alone was touched
    layer.output.weight.data = np.eye(WIDTH)
    assert features_that_change() == WIDTH // HEADS


@pytest.mark.errata("A48")
def test_a48_the_printed_formula_is_a_single_head(layer, x, rng):
    printed = scaled_dot_product_attention(*projected(layer, x)).data
    printed = values(layer.output, printed)
    single = scrambled(MultiHeadAttention(WIDTH, 1, rng=rng), rng)
    single.load_state_dict(layer.state_dict())
    np.testing.assert_allclose(values(single, x)[0], printed, rtol=1e-12)

    assert np.abs(values(layer, x)[0] - printed).max() > 0.1
    four = layer.weights(x)[0]
    assert four.shape == (HEADS, N, N)
    assert np.abs(four - four[0]).max(axis=(1, 2))[1:].min() > 0.1  # each looks elsewhere
