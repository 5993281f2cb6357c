"""PyTorch's side of the ops that move elements about or make one of many."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import F, case, normal, numbers


def cases() -> list[Case]:
    """One case for each op of these kinds."""
    return [*movements(), *reductions()]


def movements() -> list[Case]:
    """Elements in other places."""
    picked = np.array([[2, 0], [2, -1]])
    along = np.array([[2, 2, 0], [1, 2, 1]])
    return [
        case("take", lambda x, index: x[index], normal(4, 3), index=picked),
        case("take_along_axis", take_along_axis, normal(2, 4), index=along, axis=-1),
        case("reshape", torch.reshape, normal(2, 3, 4), shape=(4, -1)),
        case("transpose", lambda x, axes: x.permute(axes), normal(2, 3, 4), axes=(-1, 0, 1)),
        case("swapaxes", swapaxes, normal(2, 3, 4), axis1=0, axis2=-1),
        case("expand_dims", lambda x, axis: x.unsqueeze(axis), normal(2, 3), axis=-1),
        case("squeeze", lambda x, axis: x.squeeze(axis), normal(2, 1, 3), axis=1),
        case("flip", lambda x, axis: x.flip(axis), normal(2, 3), axis=-1),
        case("concatenate", concatenate, normal(2, 3), normal(2, 1), normal(2, 4), axis=-1),
        case("stack", stack, normal(2, 3), normal(2, 3), axis=1),
        case("broadcast_to", lambda x, shape: x.expand(shape), normal(3, 1), shape=(2, 3, 4)),
        case("pad", pad, normal(2, 3), widths=((0, 1), (2, 1)), value=0.5),
    ]


def reductions() -> list[Case]:
    """Many elements into one; ties, and products with no factor, one and two that are 0."""
    tied = numbers([1.0, 3.0, 3.0, -2.0], [5.0, 5.0, 5.0, 5.0])
    factors = numbers([2.0, 0.5, -3.0], [2.0, 0.0, -3.0], [0.0, 0.0, -3.0])
    return [
        case("sum", lambda x, axis: x.sum(axis), normal(2, 3, 4), axis=(0, -1)),
        case("mean", torch.mean, normal(2, 3, 4), axis=1, keepdims=True),
        case("var", torch.var, normal(2, 3, 4), axis=(0, 2), correction=0.0),
        case("var", torch.var, 10.0 + normal(2, 5), axis=-1, correction=1.0),
        case("max", torch.amax, tied, axis=-1),
        case("min", torch.amin, -tied, axis=(0, 1)),
        case("prod", torch.prod, factors, axis=-1),
        case("cumsum", torch.cumsum, normal(3, 4), axis=1),
        case("logsumexp", torch.logsumexp, 50.0 * normal(3, 4), axis=-1),
    ]


def swapaxes(x: torch.Tensor, axis1: int, axis2: int) -> torch.Tensor:
    return x.swapaxes(axis1, axis2)


def take_along_axis(x: torch.Tensor, index: torch.Tensor, axis: int) -> torch.Tensor:
    return torch.take_along_dim(x, index, axis)


def concatenate(*parts: torch.Tensor, axis: int) -> torch.Tensor:
    return torch.cat(parts, dim=axis)


def stack(*parts: torch.Tensor, axis: int) -> torch.Tensor:
    return torch.stack(parts, dim=axis)


def pad(x: torch.Tensor, widths: Any, value: float) -> torch.Tensor:
    """PyTorch counts from the last axis."""
    return F.pad(x, [n for pair in reversed(widths) for n in pair], value=value)
