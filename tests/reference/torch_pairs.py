"""PyTorch's side of the loss of pairs, and of the balance of experts."""

from __future__ import annotations

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import F, case, normal


def cases() -> list[Case]:
    """Scores of a few pairs, far apart too."""
    return [
        case("contrastive_loss", contrastive_loss, normal(5, 5)),
        case("contrastive_loss", contrastive_loss, 20.0 * normal(3, 3)),
        case("balance_loss", balance_loss, normal(6, 3), chosen=np.array([0, 2, 2, 1, 2, 0])),
    ]


def contrastive_loss(scores: torch.Tensor) -> torch.Tensor:
    """The figure's code: the mean of both cross-entropies."""
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def balance_loss(probabilities: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Of Switch Transformers: the share of tokens times the mean probability, summed, times E."""
    experts = probabilities.shape[1]
    shares = F.one_hot(chosen, experts).to(probabilities.dtype).mean(dim=0)
    return experts * (shares * probabilities.mean(dim=0)).sum()
