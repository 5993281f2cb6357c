"""The attention example of the guide: two words, vectors of ones, three wrong numbers."""

import numpy as np
import pytest

from minillm.ops import scaled_dot_product_attention, softmax
from minillm.ops.attention import probabilities

WIDTH = 300
ONES = np.ones((2, WIDTH))


@pytest.mark.guide("G17")
@pytest.mark.errata("A59")
def test_a59_the_score_is_the_root_of_300_and_not_a_tenth():
    """Read off the weights: beside a key of zeros, with score 0, they are as exp(score) to 1."""
    apple, banana = ONES
    (weights,) = probabilities(apple[None], np.stack([banana, 0 * banana]))
    score = np.log(weights[0] / weights[1])
    assert score == pytest.approx(np.sqrt(WIDTH), rel=1e-12)
    assert score == pytest.approx(17.3205, abs=5e-5)  # 173 times the guide's tenth


@pytest.mark.errata("A60")
def test_softmax_of_one_number_is_one_and_not_the_number():
    assert softmax(np.array([0.1])).data.tolist() == [1.0]


@pytest.mark.guide("G17")
@pytest.mark.errata("A58", "A61")
def test_two_equal_words_share_the_attention_and_the_output_is_ones():
    weights = probabilities(ONES, ONES)
    np.testing.assert_allclose(weights, np.full((2, 2), 0.5), rtol=1e-15)
    output = scaled_dot_product_attention(ONES, ONES, ONES).data
    np.testing.assert_allclose(output, ONES, rtol=1e-15)


@pytest.mark.guide("G17")
@pytest.mark.errata("A61")
def test_with_distinct_vectors_and_projections_the_words_attend_differently(rng):
    words = rng.standard_normal((2, WIDTH))
    unprojected = probabilities(words, words)
    assert np.diag(unprojected).min() > 0.99  # a word is most like itself
    wq, wk = (rng.standard_normal((WIDTH, 64)) / np.sqrt(WIDTH) for _ in range(2))
    weights = probabilities(words @ wq, words @ wk)
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-12)
    assert weights.min() > 0.01  # what to look for is learned, not given
    assert abs(weights[0, 0] - weights[1, 0]) > 0.01


@pytest.mark.errata("A59")
def test_a59_with_columns_as_printed_the_product_is_a_matrix():
    apple, banana = ONES[:, :, None]  # (300, 1) each
    product = apple @ banana.T / np.sqrt(WIDTH)
    assert product.shape == (WIDTH, WIDTH)
    np.testing.assert_allclose(product, 1 / np.sqrt(WIDTH), rtol=1e-14)
    np.testing.assert_allclose(softmax(product).data, 1 / WIDTH, rtol=1e-13)


@pytest.mark.errata("A60")
def test_a60_a_tenth_is_the_weight_of_ten_equal_scores():
    np.testing.assert_allclose(softmax(np.full(10, 0.1)).data, 0.1, rtol=1e-14)
    np.testing.assert_allclose(softmax(np.array([0.1, 0.0])).data, [0.525, 0.475], atol=5e-4)
