"""Scores of predictions against what is true, one file for each kind of prediction."""

from minillm.tasks.metrics.calibration import Reliability, calibration_error, reliability
from minillm.tasks.metrics.classification import (
    PrecisionRecall,
    accuracy,
    confusion_matrix,
    macro_f1,
    precision_recall,
)
from minillm.tasks.metrics.entities import EntityScores, entity_scores, scores_by_novelty
from minillm.tasks.metrics.generation import distinct, repetition
from minillm.tasks.metrics.groups import (
    effective_robustness,
    group_accuracy,
    worst_group_accuracy,
)
from minillm.tasks.metrics.membership import membership_auc
from minillm.tasks.metrics.ranking import average_precision
from minillm.tasks.metrics.selective import (
    RiskCoverage,
    risk_coverage,
    risk_coverage_area,
    threshold_of_coverage,
)

__all__ = [
    "EntityScores",
    "PrecisionRecall",
    "Reliability",
    "RiskCoverage",
    "accuracy",
    "average_precision",
    "calibration_error",
    "confusion_matrix",
    "distinct",
    "effective_robustness",
    "entity_scores",
    "group_accuracy",
    "macro_f1",
    "membership_auc",
    "precision_recall",
    "reliability",
    "repetition",
    "risk_coverage",
    "risk_coverage_area",
    "scores_by_novelty",
    "threshold_of_coverage",
    "worst_group_accuracy",
]
