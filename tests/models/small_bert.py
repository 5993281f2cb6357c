"""A tiny BERT in float64, a batch with padding, and the same model on the strict double."""

import numpy as np

from minillm.models import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier
from minillm.ops import IGNORE
from tests.nn.checks import scrambled
from tests.strict import strict

CONFIG = BertConfig(
    vocabulary_size=13, width=6, n_layers=2, n_heads=3, hidden=7, max_length=11, dropout=0.0
)
IDS = np.array([[2, 7, 5, 12, 3], [2, 7, 3, 0, 0]])
MASK = np.array([[True] * 5, [True, True, True, False, False]])
SEGMENTS = np.array([[0, 0, 0, 1, 1], [0, 0, 1, 0, 0]])
TARGETS = np.array([[IGNORE, 9, IGNORE, 12, IGNORE], [IGNORE, 4, IGNORE, IGNORE, IGNORE]])
CLASSES = np.array([1, 0])


def small_bert(seed=0, **changes):
    """A BERT of random float64 weights."""
    rng = np.random.default_rng(seed)
    return scrambled(Bert(BertConfig(**{**vars(CONFIG), **changes}), rng=rng), rng, size=2.0)


def small_classifier(seed=0, n_classes=3, **changes):
    """A classifier on such a BERT."""
    rng = np.random.default_rng(seed)
    return scrambled(SequenceClassifier(small_bert(**changes), n_classes, rng=rng), rng, size=2.0)


def small_masked_model(seed=0, **changes):
    """A masked language model on such a BERT."""
    rng = np.random.default_rng(seed)
    return scrambled(MaskedLanguageModel(small_bert(**changes), rng=rng), rng, size=2.0)


def on_strict_double(model):
    """The same model with its parameters "on the device"."""
    for parameter in model.parameters():
        parameter.data = strict.asarray(parameter.data)
    return model
