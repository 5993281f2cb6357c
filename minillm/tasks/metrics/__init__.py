"""Scores of predictions against what is true, one file for each kind of prediction."""

from minillm.tasks.metrics.alignment import alignment_error_rate
from minillm.tasks.metrics.bleu import Bleu, bleu
from minillm.tasks.metrics.calibration import Reliability, calibration_error, reliability
from minillm.tasks.metrics.chrf import chrf
from minillm.tasks.metrics.classification import (
    PrecisionRecall,
    accuracy,
    confusion_matrix,
    macro_f1,
    precision_recall,
)
from minillm.tasks.metrics.entities import EntityScores, entity_scores, scores_by_novelty
from minillm.tasks.metrics.exposure import expected_exposure, exposure
from minillm.tasks.metrics.generation import distinct, repetition
from minillm.tasks.metrics.groups import (
    effective_robustness,
    group_accuracy,
    worst_group_accuracy,
)
from minillm.tasks.metrics.membership import (
    Roc,
    calibrated_losses,
    membership_auc,
    membership_roc,
    true_positives_at,
)
from minillm.tasks.metrics.ranking import average_precision
from minillm.tasks.metrics.selective import (
    RiskCoverage,
    risk_coverage,
    risk_coverage_area,
    threshold_of_coverage,
)
from minillm.tasks.metrics.translation_tokens import TRANSLATION_TOKENS, translation_tokens

__all__ = [
    "TRANSLATION_TOKENS",
    "Bleu",
    "EntityScores",
    "PrecisionRecall",
    "Reliability",
    "RiskCoverage",
    "Roc",
    "accuracy",
    "alignment_error_rate",
    "average_precision",
    "bleu",
    "calibrated_losses",
    "calibration_error",
    "chrf",
    "confusion_matrix",
    "distinct",
    "effective_robustness",
    "entity_scores",
    "expected_exposure",
    "exposure",
    "group_accuracy",
    "macro_f1",
    "membership_auc",
    "membership_roc",
    "precision_recall",
    "reliability",
    "repetition",
    "risk_coverage",
    "risk_coverage_area",
    "scores_by_novelty",
    "threshold_of_coverage",
    "translation_tokens",
    "true_positives_at",
    "worst_group_accuracy",
]
