"""Whole models, and their baselines."""

from minillm.models.bert import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier
from minillm.models.pooling import POOLINGS

__all__ = [
    "POOLINGS",
    "Bert",
    "BertConfig",
    "MaskedLanguageModel",
    "SequenceClassifier",
]
