"""PyTorch's side of the losses' settings: every reduction, with what counts less or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import RNG, F, case, normal, numbers
from tests.reference.torch_losses import NONE, flat


def cases() -> list[Case]:
    """Every loss for every reduction."""
    return [x for reduction in ("mean", "sum", "none") for x in reduced(reduction)]


def reduced(reduction: str) -> list[Case]:
    """Every loss for one reduction, with the settings that bear on it."""
    targets = np.array([[1, 3, NONE], [0, NONE, 3]])
    other = {"targets": np.where(targets == NONE, 2, targets), "ignore_index": 2}
    weights = numbers(0.5, 2.0, 1.25, 0.0)
    shares = np.exp(normal(2, 3, 4))
    shares /= shares.sum(axis=-1, keepdims=True)
    soft = RNG.random((2, 3)).astype(np.float32)
    binary = {
        "targets": soft,
        "weights": numbers([0.0, 0.5, 1.0], [2.0, 1.5, 0.25]),
        "weight_of_positive": 2.5,
    }
    return [
        case("cross_entropy", of_classes, normal(2, 3, 4), targets=targets, reduction=reduction),
        case("cross_entropy", of_classes, normal(2, 3, 4), **other, reduction=reduction),
        case(
            "smoothed_cross_entropy",
            of_classes,
            normal(2, 3, 4),
            **other,
            smoothing=0.2,
            reduction=reduction,
        ),
        case(
            "cross_entropy_with_probabilities",
            of_shares,
            normal(2, 3, 4),
            probabilities=shares,
            reduction=reduction,
        ),
        case("nll_loss", nll, normal(2, 3, 4), **other, weights=weights, reduction=reduction),
        case("squared_error", squared_error, normal(2, 3), targets=soft, reduction=reduction),
        case(
            "binary_cross_entropy_with_logits",
            yes_or_no,
            normal(2, 3),
            **binary,
            reduction=reduction,
        ),
    ]


def of_classes(
    logits: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0, **settings: Any
) -> torch.Tensor:
    losses = F.cross_entropy(*flat(logits, targets), label_smoothing=smoothing, **settings)
    return losses.reshape(targets.shape if settings["reduction"] == "none" else ())


def of_shares(logits: torch.Tensor, probabilities: torch.Tensor, reduction: str) -> torch.Tensor:
    rows = logits.flatten(0, -2), probabilities.flatten(0, -2)
    losses = F.cross_entropy(*rows, reduction=reduction)
    return losses.reshape(logits.shape[:-1] if reduction == "none" else ())


def nll(
    log_p: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, **settings: Any
) -> torch.Tensor:
    losses = F.nll_loss(*flat(log_p, targets), weight=weights, **settings)
    return losses.reshape(targets.shape if settings["reduction"] == "none" else ())


def squared_error(x: torch.Tensor, targets: torch.Tensor, reduction: str) -> torch.Tensor:
    return F.mse_loss(x, targets, reduction=reduction)


def yes_or_no(
    logits: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    weight_of_positive: float,
    reduction: str,
) -> torch.Tensor:
    of_yes = torch.tensor(weight_of_positive, dtype=logits.dtype)
    return F.binary_cross_entropy_with_logits(
        logits, targets, weight=weights, pos_weight=of_yes, reduction=reduction
    )
