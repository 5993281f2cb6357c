"""Readings: the score of word vectors is the score that the model gives their text."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.models.attribution import classifier_reading, margin, next_token_reading
from tests.models.small_bert import CLASSES, IDS, MASK, small_classifier
from tests.models.small_gpt import small_gpt


@pytest.mark.parametrize("left", [False, True])
def test_of_the_words_of_a_text_the_score_is_that_of_the_model(left):
    """On whichever side the text is padded."""
    model = small_classifier().eval()
    ids, mask = (IDS, MASK) if not left else (IDS[:, ::-1], MASK[:, ::-1])
    reading = classifier_reading(model, ids, mask, CLASSES)
    vectors, score = reading.vectors, reading.score
    np.testing.assert_array_equal(vectors, model.bert.tokens.weight.data[ids])
    logits = model(ids, mask).data
    expected = margin(Tensor(logits), CLASSES).data
    np.testing.assert_allclose(score(Tensor(vectors)).data, expected)
    others = (logits.sum(axis=1) - logits[[0, 1], CLASSES]) / 2
    np.testing.assert_allclose(expected, logits[[0, 1], CLASSES] - others)


@pytest.mark.parametrize("style", ["gpt2", "llama"])
def test_of_a_gpt_it_is_the_margin_of_the_next_token(style):
    model, tokens = small_gpt(style).eval(), np.array([3, 9])
    ids = IDS[:, :3]
    reading = next_token_reading(model, ids, tokens)
    vectors, score = reading.vectors, reading.score
    logits = Tensor(model(ids).data[:, -1])
    np.testing.assert_allclose(score(Tensor(vectors)).data, margin(logits, tokens).data)


def test_what_cannot_be_read_is_refused():
    model = small_classifier()
    with pytest.raises(ValueError, match=r"ids \(2, 5\) and mask \(2, 4\)"):
        classifier_reading(model, IDS, MASK[:, :4], CLASSES)
    with pytest.raises(IndexError):
        classifier_reading(model, IDS + 9, MASK, CLASSES)
    with pytest.raises(ValueError, match="a token at least"):
        next_token_reading(small_gpt(), np.zeros((1, 0), dtype=int), np.array([1]))
    logits = Tensor(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"margin: classes must be \(2,\), got \(3,\)"):
        margin(logits, np.zeros(3, dtype=int))
    with pytest.raises(IndexError):
        margin(logits, np.array([0, 3]))
