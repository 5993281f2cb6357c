"""PyTorch's side of the settings that the other files leave out: layers and reductions."""

from __future__ import annotations

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import F, case, normal, numbers
from tests.reference.torch_layers import embedding, layer_norm, rms_norm


def cases() -> list[Case]:
    """Ops with an operand left out, or with settings that are far from the defaults."""
    ids = np.array([[5, 0, 5], [1, 5, 0]])
    return [
        case("linear", F.linear, normal(2, 3, 4), normal(5, 4)),
        case("embedding", embedding, normal(6, 3), ids=ids, padding_idx=5),
        case("layer_norm", layer_norm, normal(2, 3, 5), normal(5), normal(5), eps=0.5),
        case("layer_norm", layer_norm, normal(2, 5), normal(5), normal(5), eps=0.0),
        case("rms_norm", rms_norm, normal(2, 3, 5), normal(5), eps=0.5),
        *kept_axes(),
    ]


def kept_axes() -> list[Case]:
    """Reductions that leave an axis of one element; var over everything."""
    tied = numbers([1.0, 3.0, 3.0, -2.0], [5.0, 5.0, 5.0, 5.0])
    return [
        case("sum", torch.sum, normal(2, 3, 4), axis=(0, -1), keepdims=True),
        case("var", torch.var, normal(2, 3, 4), axis=(0, 2), correction=1.0, keepdims=True),
        case("var", lambda x: x.var(correction=0), normal(3, 4)),
        case("max", torch.amax, tied, axis=(0, 1), keepdims=True),
        case("min", torch.amin, tied, axis=0, keepdims=True),
        case("prod", torch.prod, normal(2, 3), axis=0, keepdims=True),
        case("prod", torch.prod, normal(2, 3)),
        case("logsumexp", torch.logsumexp, normal(2, 3, 2), axis=1, keepdims=True),
    ]
