"""What masked language modelling learns about opposites: that they stand in the same places."""

import numpy as np
import pytest

from minillm.commands.pipeline import EXTRA_TEXTS
from minillm.tasks import PIPELINE, ClassifierTraining
from minillm.text.corpora import load_corpus, unlabelled

OPPOSITES = ("gripping/dull", "original/predictable", "clear/confusing", "witty/tedious")


def mean_cosines(training):
    """Of opposites, and of adjectives that judge different things, both over OPPOSITES."""
    numbers = training.encoder.vocabulary.token_to_id
    table = training.model.classifier.bert.tokens.weight.data
    table = table - table.mean(axis=0)
    table = table / np.linalg.norm(table, axis=1, keepdims=True)
    praise, blame = (
        table[[numbers[word] for word in side]]
        for side in zip(*(pair.split("/") for pair in OPPOSITES), strict=True)
    )
    between = praise @ blame.T
    unlike = between[~np.eye(len(OPPOSITES), dtype=bool)]
    return float(np.diag(between).mean()), float(unlike.mean())


@pytest.mark.slow
def test_pretraining_moves_opposites_together_where_only_the_label_tells_them_apart():
    extra = unlabelled("sentiment", "en", size=EXTRA_TEXTS)
    training = ClassifierTraining(PIPELINE, load_corpus("sentiment", "en").train, extra)
    opposite, unlike = mean_cosines(training)
    assert abs(opposite) < 0.3 and abs(unlike) < 0.3  # random directions in 64 dimensions
    for _ in training.pretrain():
        pass
    opposite, unlike = mean_cosines(training)
    assert opposite > 0.6  # "the plot was gripping" and "the plot was dull": one context
    assert opposite > unlike
