"""What masked language modelling learns about opposites: that they stand in the same places."""

import pytest

from minillm.commands.pipeline import EXTRA_TEXTS
from minillm.labs.pretraining.passes import mean_cosines
from minillm.tasks import PIPELINE, ClassifierTraining
from minillm.text.corpora import load_corpus, unlabelled

OPPOSITES = ("gripping/dull", "original/predictable", "clear/confusing", "witty/tedious")


@pytest.mark.slow
def test_pretraining_moves_opposites_together_where_only_the_label_tells_them_apart():
    extra = unlabelled("sentiment", "en", size=EXTRA_TEXTS)
    training = ClassifierTraining(PIPELINE, load_corpus("sentiment", "en").train, extra)
    opposite, unlike = mean_cosines(training, OPPOSITES)
    assert abs(opposite) < 0.3 and abs(unlike) < 0.3  # random directions in 64 dimensions
    for _ in training.pretrain():
        pass
    opposite, unlike = mean_cosines(training, OPPOSITES)
    assert opposite > 0.6  # "the plot was gripping" and "the plot was dull": one context
    assert opposite > unlike
