"""What comes out of a model (section 2.1): probabilities, and not yet a task."""

import numpy as np
import pytest

from minillm.nn import Linear
from minillm.ops import IGNORE, log_softmax, softmax
from tests.models.small_bert import (
    CLASSES,
    IDS,
    MASK,
    TARGETS,
    small_bert,
    small_classifier,
    small_masked_model,
)
from tests.nn.checks import scrambled


@pytest.mark.errata("A26")
def test_a26_a_text_a_token_and_a_hidden_word_have_distributions_of_three_shapes(rng):
    tagger = scrambled(Linear(6, 4, rng=rng), rng)  # of 4 labels, on every token
    outputs = {
        "classes": (small_classifier()(IDS, MASK), (2, 3)),
        "labels": (tagger(small_bert()(IDS, MASK)), (2, 5, 4)),
        "words": (small_masked_model()(IDS, MASK, np.arange(10)), (10, 13)),
    }
    for scores, shape in outputs.values():
        p = softmax(scores).data
        assert p.shape == shape and p.min() > 0
        np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)


@pytest.mark.errata("A26")
def test_a26_the_losses_ask_for_the_probability_of_what_is_right():
    classifier, masked = small_classifier(), small_masked_model()
    of_classes = log_softmax(classifier(IDS, MASK)).data[[0, 1], CLASSES]
    loss = float(classifier.loss(IDS, MASK, CLASSES))
    assert loss == pytest.approx(-of_classes.mean(), rel=1e-12)

    places = np.flatnonzero(TARGETS != IGNORE)
    of_words = log_softmax(masked(IDS, MASK, places)).data
    right = of_words[np.arange(len(places)), TARGETS.ravel()[places]]
    assert float(masked.loss(IDS, MASK, TARGETS)) == pytest.approx(-right.mean(), rel=1e-12)
