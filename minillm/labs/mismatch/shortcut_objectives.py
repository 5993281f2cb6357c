"""What the lab of the shortcut minimises in the place of the mean loss.

Letters: B reviews of a batch, G groups, E environments.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.worlds.shortcuts import GROUPS, TaggedReviews
from minillm.ops import cross_entropy
from minillm.training.robust import group_dro_weights, group_losses, irm_penalty, v_rex_penalty


class GroupDRO:
    """``sum_g q_g L_g`` over the groups of label and tag, q moving towards the worst one.

    Source: as ``group_dro_weights``.
    """

    def __init__(self, rate: float):
        self.rate, self.weights = rate, np.full(len(GROUPS), 1 / len(GROUPS))

    def __call__(self, scores: Tensor, batch: TaggedReviews) -> Tensor:
        """The loss of a batch, (B, 2) -> (); its groups move q first."""
        each = cross_entropy(scores, targets=batch.labels, reduction="none")
        losses = group_losses(each, batch.groups, GROUPS)
        self.weights = group_dro_weights(self.weights, losses.data, self.rate)
        return (losses * self.weights.astype(losses.dtype)).sum()


class Irm:
    """The mean over environments of risk and ``strength`` times IRMv1's penalty.

    Source: as ``irm_penalty``.
    """

    def __init__(self, strength: float):
        self.strength = strength

    def __call__(self, scores: Tensor, batch: TaggedReviews) -> Tensor:
        """The loss of a batch, (B, 2) -> ()."""
        kinds = range(int(batch.environments.max()) + 1)
        total = risks_of(scores, batch).mean()
        for kind in kinds:
            chosen = np.flatnonzero(batch.environments == kind)
            penalty = irm_penalty(scores[chosen], batch.labels[chosen])
            total = total + penalty * (self.strength / len(kinds))
        return total


class VRex:
    """The mean risk of the environments and ``strength`` times its variance over them.

    Source: as ``v_rex_penalty``.
    """

    def __init__(self, strength: float):
        self.strength = strength

    def __call__(self, scores: Tensor, batch: TaggedReviews) -> Tensor:
        """The loss of a batch, (B, 2) -> ()."""
        risks = risks_of(scores, batch)
        return risks.mean() + v_rex_penalty(risks) * self.strength


def risks_of(scores: Tensor, batch: TaggedReviews) -> Tensor:
    """The mean loss of each environment, (B, 2) -> (E,)."""
    each = cross_entropy(scores, targets=batch.labels, reduction="none")
    names = [f"environment {i}" for i in range(int(batch.environments.max()) + 1)]
    return group_losses(each, batch.environments, names)
