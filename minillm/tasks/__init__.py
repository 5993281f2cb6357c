"""Floor 8: what the models are used for."""

from minillm.tasks.classification import TextClassifier
from minillm.tasks.classifier_training import ClassifierTraining
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.masked_lm import MaskedScores, NeighbourCounts, evaluate_masked
from minillm.tasks.metrics import (
    PrecisionRecall,
    accuracy,
    average_precision,
    confusion_matrix,
    macro_f1,
    precision_recall,
)
from minillm.tasks.recipe import Recipe

__all__ = [
    "ClassifierTraining",
    "MaskedScores",
    "NeighbourCounts",
    "PrecisionRecall",
    "Recipe",
    "TextClassifier",
    "TextEncoder",
    "accuracy",
    "average_precision",
    "confusion_matrix",
    "evaluate_masked",
    "macro_f1",
    "precision_recall",
]
