"""Several losses over shared parameters: Jacobians, aggregators, weightings, fronts.

The aggregators are in ``minillm.training.objectives.aggregators``.
"""

from minillm.training.objectives.aggregated import Aggregated, Update
from minillm.training.objectives.fronts import (
    dominated,
    hypervolume,
    hypervolume_of_curve,
    pareto_front,
    simplex_weights,
    weight_sweep,
)
from minillm.training.objectives.jacobian import (
    combined,
    conflict,
    first_order_changes,
    gaps,
    gradients_by_loss,
    gram_of,
    share_of_conflicts,
    shared_places,
)
from minillm.training.objectives.weightings import (
    Famo,
    GradNorm,
    UncertaintyWeights,
    weighted_loss,
)

__all__ = [
    "Aggregated",
    "Famo",
    "GradNorm",
    "UncertaintyWeights",
    "Update",
    "combined",
    "conflict",
    "dominated",
    "first_order_changes",
    "gaps",
    "gradients_by_loss",
    "gram_of",
    "hypervolume",
    "hypervolume_of_curve",
    "pareto_front",
    "share_of_conflicts",
    "shared_places",
    "simplex_weights",
    "weight_sweep",
    "weighted_loss",
]
