"""Scores of predictions against what is true, one file for each kind of prediction."""

from minillm.tasks.metrics.alignment import alignment_error_rate
from minillm.tasks.metrics.association import Weat, weat
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
from minillm.tasks.metrics.fairness import (
    GroupRates,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalised_odds_gap,
    group_rates,
)
from minillm.tasks.metrics.fairness_identities import (
    implied_false_positive_rate,
    implied_negative_score,
)
from minillm.tasks.metrics.generation import distinct, repetition
from minillm.tasks.metrics.group_scores import (
    GroupCalibration,
    Swap,
    calibration_by_group,
    calibration_intervals,
    mean_scores,
    swap_test,
)
from minillm.tasks.metrics.groups import (
    effective_robustness,
    group_accuracy,
    worst_group_accuracy,
)
from minillm.tasks.metrics.intervals import (
    Shares,
    bootstrap_interval,
    newcombe_interval,
    wilson_interval,
)
from minillm.tasks.metrics.membership import (
    Roc,
    calibrated_losses,
    membership_auc,
    membership_roc,
    true_positives_at,
)
from minillm.tasks.metrics.ranking import average_precision
from minillm.tasks.metrics.retrieval import recall_at
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
    "GroupCalibration",
    "GroupRates",
    "PrecisionRecall",
    "Reliability",
    "RiskCoverage",
    "Roc",
    "Shares",
    "Swap",
    "Weat",
    "accuracy",
    "alignment_error_rate",
    "average_precision",
    "bleu",
    "bootstrap_interval",
    "calibrated_losses",
    "calibration_by_group",
    "calibration_error",
    "calibration_intervals",
    "chrf",
    "confusion_matrix",
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "distinct",
    "effective_robustness",
    "entity_scores",
    "equal_opportunity_difference",
    "equalised_odds_gap",
    "expected_exposure",
    "exposure",
    "group_accuracy",
    "group_rates",
    "implied_false_positive_rate",
    "implied_negative_score",
    "macro_f1",
    "mean_scores",
    "membership_auc",
    "membership_roc",
    "newcombe_interval",
    "precision_recall",
    "recall_at",
    "reliability",
    "repetition",
    "risk_coverage",
    "risk_coverage_area",
    "scores_by_novelty",
    "swap_test",
    "threshold_of_coverage",
    "translation_tokens",
    "true_positives_at",
    "weat",
    "wilson_interval",
    "worst_group_accuracy",
]
