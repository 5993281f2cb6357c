"""What the models are used for."""

from minillm.tasks.baselines import (
    BagOfWordsClassifier,
    MajorityClassifier,
    as_classifiers,
    fit_baselines,
    tuned,
)
from minillm.tasks.classification import TextClassifier
from minillm.tasks.classifier_training import ClassifierTraining
from minillm.tasks.decision import Decision, best_threshold
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.evaluation import Classifier, Scores, evaluate
from minillm.tasks.few_shot import k_shot, prompt_of
from minillm.tasks.label_filter import bag_of_words_learner, drop_doubtful, label_probabilities
from minillm.tasks.masked_lm import MaskedScores, NeighbourCounts, evaluate_masked
from minillm.tasks.metrics import (
    PrecisionRecall,
    accuracy,
    average_precision,
    confusion_matrix,
    macro_f1,
    precision_recall,
)
from minillm.tasks.recipe import PIPELINE, Recipe

__all__ = [
    "PIPELINE",
    "BagOfWordsClassifier",
    "Classifier",
    "ClassifierTraining",
    "Decision",
    "MajorityClassifier",
    "MaskedScores",
    "NeighbourCounts",
    "PrecisionRecall",
    "Recipe",
    "Scores",
    "TextClassifier",
    "TextEncoder",
    "accuracy",
    "as_classifiers",
    "average_precision",
    "bag_of_words_learner",
    "best_threshold",
    "confusion_matrix",
    "drop_doubtful",
    "evaluate",
    "evaluate_masked",
    "fit_baselines",
    "k_shot",
    "label_probabilities",
    "macro_f1",
    "precision_recall",
    "prompt_of",
    "tuned",
]
