"""Floor 6: whole models, their baselines and their files."""

from minillm.models.bert import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier
from minillm.models.checkpoints import load_arrays, save_arrays

__all__ = [
    "Bert",
    "BertConfig",
    "MaskedLanguageModel",
    "SequenceClassifier",
    "load_arrays",
    "save_arrays",
]
