"""PyTorch's side of the operators and of the functions of one element, kinks and ties included."""

from __future__ import annotations

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import F, case, normal, numbers


def cases() -> list[Case]:
    """One case for each op of these kinds; matmul as batches meet it."""
    return [*operators(), *functions(), *selections()]


def operators() -> list[Case]:
    """What Python writes with a sign."""
    x = numbers(-2.5, -1.0, 0.0, 0.3, 4.0)
    away = np.abs(normal(4)) + np.float32(0.3)
    return [
        case("add", torch.add, normal(3, 1), normal(1, 4)),
        case("subtract", torch.subtract, normal(3, 4), normal(4)),
        case("multiply", torch.multiply, normal(3, 1), normal(1, 4)),
        case("divide", torch.divide, normal(3, 4), away),
        case("negative", torch.negative, normal(5)),
        case("absolute", torch.abs, x),
        case("power", torch.pow, x, exponent=3.0),
        case("power", torch.pow, x, exponent=0.0),
        case("power", torch.pow, np.abs(normal(5)), exponent=-1.5),
        case("matmul", torch.matmul, normal(2, 3, 4), normal(4, 2)),
        case("matmul", torch.matmul, normal(2, 1, 3, 4), normal(3, 4, 2)),
        case("matmul", torch.matmul, normal(4), normal(3, 4, 2)),
    ]


def functions() -> list[Case]:
    """Functions of one element, also far from 0."""
    x = numbers(-30.0, -2.5, -0.7, -1e-3, 0.0, 0.4, 1.0, 3.0, 30.0)
    positive = np.abs(normal(7)) + np.float32(0.1)
    return [
        *(case(f.__name__, f, positive) for f in (torch.log, torch.sqrt, torch.rsqrt)),
        case("exp", torch.exp, x[1:-1]),
        case("sin", torch.sin, x),
        case("cos", torch.cos, x),
        case("erf", torch.erf, x),
        case("tanh", torch.tanh, x),
        case("sigmoid", torch.sigmoid, x),
        case("relu", torch.relu, x),
        case("silu", F.silu, x),
        case("gelu", F.gelu, x),
        case("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), x),
    ]


def selections() -> list[Case]:
    """One of two numbers; among them ties, and numbers on a bound."""
    x = numbers(2.0, -1.0, 0.5, 0.0, -3.0)
    y = numbers(2.0, 1.0, 0.5, -4.0, -3.0)
    condition = np.array([True, False, False, True, True])
    return [
        case("maximum", torch.maximum, x, y),
        case("minimum", torch.minimum, x, y),
        case("clip", lambda x, low, high: x.clamp(low, high), x, low=-1.0, high=0.5),
        case("clip", lambda x, low: x.clamp(min=low), x, low=0.0),
        case("where", where, normal(3, 1), normal(5), condition=condition),
        case("masked_fill", torch.masked_fill, normal(3, 5), mask=condition, value=-7.0),
    ]


def where(a: torch.Tensor, b: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
    """PyTorch names the condition first."""
    return torch.where(condition, a, b)
