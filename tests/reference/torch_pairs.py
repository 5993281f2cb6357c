"""PyTorch's side of the loss of pairs."""

from __future__ import annotations

import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import F, case, normal


def cases() -> list[Case]:
    """Scores of a few pairs, far apart too."""
    return [
        case("contrastive_loss", contrastive_loss, normal(5, 5)),
        case("contrastive_loss", contrastive_loss, 20.0 * normal(3, 3)),
    ]


def contrastive_loss(scores: torch.Tensor) -> torch.Tensor:
    """The figure's code: the mean of both cross-entropies."""
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
