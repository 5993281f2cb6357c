"""Whole models, and their baselines."""

from minillm.models.bert import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier

__all__ = [
    "Bert",
    "BertConfig",
    "MaskedLanguageModel",
    "SequenceClassifier",
]
