"""The head for each word: what it reads, what it says, and what it refuses."""

import numpy as np
import pytest

from minillm.models import Bert
from minillm.models.token_classifier import TokenClassifier
from minillm.ops import IGNORE, softmax
from minillm.tasks.entities import legal, tags_for
from tests.models.small_bert import CONFIG, IDS, MASK, SEGMENTS, small_bert
from tests.nn.checks import scrambled

FIRST = np.array([[1, 3], [1, 0]])
TAGS = np.array([[2, 0], [1, IGNORE]])
WORDS = TAGS != IGNORE


def classifier(rng, **options):
    return scrambled(TokenClassifier(small_bert(), 3, rng=rng, **options), rng)


def test_each_word_is_read_at_its_first_piece(rng):
    model = classifier(rng)
    emissions = model(IDS, MASK, SEGMENTS, FIRST).data
    hidden = model.bert(IDS, MASK, SEGMENTS).data
    s = model.state_dict()
    for row, word in np.argwhere(WORDS):
        expected = s["output.weight"] @ hidden[row, FIRST[row, word]] + s["output.bias"]
        np.testing.assert_allclose(emissions[row, word], expected, rtol=0, atol=1e-12)


def test_the_loss_of_each_word_by_itself_is_the_mean_over_real_words(rng):
    model = classifier(rng)
    emissions = model(IDS, MASK, SEGMENTS, FIRST).data
    p = softmax.rule(emissions, axis=2)[0]
    expected = -np.mean([np.log(p[0, 0, 2]), np.log(p[0, 1, 0]), np.log(p[1, 0, 1])])
    assert float(model.loss(IDS, MASK, SEGMENTS, FIRST, TAGS).data) == pytest.approx(expected)
    np.testing.assert_array_equal(model.probabilities(emissions, WORDS), p)
    best = emissions.argmax(axis=2)
    assert model.decode(emissions, WORDS) == [best[0].tolist(), [best[1, 0]]]


def test_with_a_field_tags_and_probabilities_are_the_fields(rng):
    tags = tags_for(["X"])
    model = classifier(rng, legal=legal(tags, "BIO"), radius=1)
    emissions = model(IDS, MASK, SEGMENTS, FIRST).data
    assert model.decode(emissions, WORDS) == model.crf.decode(emissions, WORDS)
    p = model.probabilities(emissions, WORDS)
    assert p[0, 0, tags.index("I-X")] == 0.0
    with pytest.raises(ValueError, match="tag 2 behind tag 3 at word 0 is not allowed"):
        model.loss(IDS, MASK, SEGMENTS, FIRST, TAGS)


def test_what_does_not_fit_is_refused(rng):
    with pytest.raises(ValueError, match="needs at least 2 tags, got 1"):
        TokenClassifier(Bert(CONFIG, rng=rng), 1, rng=rng)
    with pytest.raises(ValueError, match=r"legal \(4, 4\) is not for 4 tags"):
        TokenClassifier(Bert(CONFIG, rng=rng), 4, rng=rng, legal=np.ones((4, 4), dtype=bool))
    with pytest.raises(IndexError, match="position 10"):
        classifier(rng)(IDS, MASK, SEGMENTS, np.array([[1, 3], [5, 0]]))
