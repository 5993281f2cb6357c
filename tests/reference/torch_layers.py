"""PyTorch's side of the ops that layers are made of."""

from __future__ import annotations

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import F, case, normal, numbers


def cases() -> list[Case]:
    """One case for each op of this kind."""
    keep = numbers([0.0, 1.25, 1.25], [1.25, 0.0, 0.0])
    scores = np.concatenate([normal(3, 4), numbers([80.0, -80.0, 80.0, 0.0])])
    return [
        case("softmax", lambda scores, axis: scores.softmax(axis), scores, axis=-1),
        case("softmax", lambda scores, axis: scores.softmax(axis), normal(2, 3, 2), axis=1),
        case("log_softmax", lambda scores, axis: scores.log_softmax(axis), scores, axis=-1),
        case("layer_norm", layer_norm, normal(2, 3, 5), normal(5), normal(5), eps=1e-5),
        case("rms_norm", rms_norm, normal(2, 3, 5), normal(5), eps=1e-6),
        case("linear", F.linear, normal(2, 3, 4), normal(5, 4), normal(5)),
        case("embedding", embedding, normal(6, 3), ids=np.array([[5, 0, 5], [1, 5, 0]])),
        case("dropout", lambda x, keep: x * keep, normal(2, 3), keep=keep),
    ]


def layer_norm(x: torch.Tensor, gain: torch.Tensor, bias: torch.Tensor, eps: float) -> torch.Tensor:
    """Over the last axis."""
    return F.layer_norm(x, x.shape[-1:], gain, bias, eps)


def rms_norm(x: torch.Tensor, gain: torch.Tensor, eps: float) -> torch.Tensor:
    """Over the last axis."""
    return F.rms_norm(x, x.shape[-1:], gain, eps)


def embedding(
    table: torch.Tensor, ids: torch.Tensor, padding_idx: int | None = None
) -> torch.Tensor:
    """PyTorch names the ids first."""
    return F.embedding(ids, table, padding_idx)
