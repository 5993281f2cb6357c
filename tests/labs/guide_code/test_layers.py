"""The layers that the guide's program calls, as they behave."""

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Tensor
from minillm.labs.guide_code.layers import (
    Dense,
    GlobalAveragePooling,
    SpaceTokenizer,
    pad_sequences,
)
from minillm.nn import Embedding


@pytest.mark.guide("G61")
@pytest.mark.errata("A67")
def test_padding_and_cutting_are_in_front_and_leave_no_mask():
    found = pad_sequences([[4, 5, 6, 7, 8, 9], [4], []], maxlen=4)
    assert found.tolist() == [[6, 7, 8, 9], [0, 0, 0, 4], [0, 0, 0, 0]]


@pytest.mark.guide("G61")
@pytest.mark.errata("A66")
def test_words_are_numbered_by_frequency_and_unseen_ones_vanish():
    tokenizer = SpaceTokenizer().fit(["The dog bites, the man runs.", "A dog!"])
    assert tokenizer.numbers == {"the": 1, "dog": 2, "bites": 3, "man": 4, "runs": 5, "a": 6}
    assert tokenizer.encode(["the cat bites", "cat", "It's the DOG"]) == [[1, 3], [], [1, 2]]


@pytest.mark.guide("G61")
@pytest.mark.errata("A66")
def test_a_chinese_sentence_is_one_word():
    tokenizer = SpaceTokenizer().fit(["狗咬人。", "人咬狗。"])
    assert tokenizer.numbers == {"狗咬人。": 1, "人咬狗。": 2}
    assert tokenizer.encode(["狗咬狗。"]) == [[]]


@pytest.mark.guide("G61")
def test_pooling_is_the_mean_of_all_positions_and_wants_three_axes(rng):
    x = rng.standard_normal((2, 3, 4))
    pool = GlobalAveragePooling()
    np.testing.assert_allclose(pool(Tensor(x)).data, x.sum(axis=1) / 3, atol=1e-12)
    for wrong in (x[0], x[None]):
        with pytest.raises(ValueError, match=rf"needs ndim=3 .* got ndim={wrong.ndim}"):
            pool(Tensor(wrong))


@pytest.mark.guide("G61")
@pytest.mark.errata("A67")
def test_two_words_in_a_hundred_places_are_all_but_padding(rng):
    """Two texts without a common word: a cosine near 1, and without padding none to speak of."""
    vectors = Embedding(50, 128, rng=rng)
    texts = [[3, 17], [28, 41]]
    pool = GlobalAveragePooling()
    padded = pool(vectors(pad_sequences(texts, maxlen=100)))
    alone = pool(vectors(np.array(texts)))
    assert ops.cosine_similarity(padded[0], padded[1]).data > 0.99
    assert ops.cosine_similarity(padded[0], vectors(np.array(0))).data > 0.99
    assert abs(ops.cosine_similarity(alone[0], alone[1]).data) < 0.3


def test_a_dense_layer_is_an_affine_map_and_a_relu(rng):
    layer, x = Dense(3, 2, rng=rng), rng.standard_normal((5, 4, 3)).astype(np.float32)
    wanted = np.maximum(x @ layer.linear.weight.data.T + layer.linear.bias.data, 0)
    np.testing.assert_allclose(layer(Tensor(x)).data, wanted, atol=1e-6)
    assert (wanted == 0).any() and (wanted > 0).any()
