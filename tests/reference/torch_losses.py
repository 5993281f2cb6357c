"""PyTorch's side of the losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import RNG, F, case, normal, numbers

NONE = -100  # PyTorch's ignore_index


def cases() -> list[Case]:
    """Each loss, with targets to ignore, class weights and smoothing where it has them."""
    targets = np.array([[1, 3, NONE], [0, NONE, 3]])
    plain = np.array([1, 3, 0, 3, 2])
    probabilities = np.exp(normal(3, 4))
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    soft = RNG.random((2, 3)).astype(np.float32)
    weights = numbers(0.5, 2.0, 0.0, 1.25)
    other = {"targets": np.where(targets == NONE, 2, targets), "ignore_index": 2}
    return [
        case("cross_entropy", cross_entropy, normal(5, 4), targets=plain),
        case("cross_entropy", cross_entropy, normal(2, 3, 4), targets=targets),
        case("cross_entropy", cross_entropy, 20.0 * normal(2, 3, 4), **other),
        case("smoothed_cross_entropy", smoothed, normal(5, 4), targets=plain, smoothing=0.1),
        case("smoothed_cross_entropy", smoothed, normal(2, 3, 4), targets=targets, smoothing=0.3),
        case(
            "cross_entropy_with_probabilities",
            lambda logits, probabilities: F.cross_entropy(logits, probabilities),
            normal(3, 4),
            probabilities=probabilities,
        ),
        case("nll_loss", nll_loss, normal(5, 4), targets=plain),
        case("nll_loss", nll_loss, normal(2, 3, 4), targets=targets, weights=weights),
        case("nll_loss", nll_loss, normal(2, 3, 4), weights=weights, **other),
        case(
            "squared_error", lambda x, targets: F.mse_loss(x, targets), normal(2, 3), targets=soft
        ),
        case("binary_cross_entropy_with_logits", binary, 9.0 * normal(2, 3), targets=soft),
        case(
            "binary_cross_entropy_with_logits",
            binary,
            normal(2, 3),
            targets=np.round(soft),
            weight_of_positive=2.5,
        ),
    ]


def flat(scores: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """PyTorch wants the classes in axis 1."""
    return scores.flatten(0, -2), targets.flatten()


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor, **settings: Any) -> torch.Tensor:
    return F.cross_entropy(*flat(logits, targets), **settings)


def smoothed(logits: torch.Tensor, targets: torch.Tensor, smoothing: float) -> torch.Tensor:
    return F.cross_entropy(*flat(logits, targets), label_smoothing=smoothing)


def nll_loss(
    log_p: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor | None = None,
    ignore_index: int = NONE,
) -> torch.Tensor:
    return F.nll_loss(*flat(log_p, targets), weight=weights, ignore_index=ignore_index)


def binary(
    logits: torch.Tensor, targets: torch.Tensor, weight_of_positive: float = 1.0
) -> torch.Tensor:
    weight = torch.tensor(weight_of_positive, dtype=logits.dtype)
    return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight)
