"""Run PyTorch on one case (for the ``make_*`` scripts; needs the extra ``parity``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from tests.reference.stored import Case, in_dtype

RNG = np.random.default_rng(7)
F = torch.nn.functional


def normal(*shape: int) -> np.ndarray:
    """Normal numbers that float32 holds exactly."""
    return np.asarray(RNG.standard_normal(shape), dtype=np.float32)


def numbers(*values: Any) -> np.ndarray:
    """The given numbers in float32."""
    return np.asarray(values, dtype=np.float32)


def case(
    name: str, theirs: Callable[..., torch.Tensor], *operands: np.ndarray, **settings: Any
) -> Case:
    """What ``theirs(*operands, **settings)`` gives for a random cotangent, in both precisions."""
    cotangent = normal(*theirs(*tensors(operands), **on_torch(settings)).shape)
    results = {}
    for dtype in ("float64", "float32"):
        leaves = tensors(in_dtype(x, dtype) for x in operands)
        given = {key: in_dtype(value, dtype) for key, value in settings.items()}
        output = theirs(*leaves, **on_torch(given))
        results[dtype] = output_and_gradients(output, leaves, cotangent)
    return Case(name, settings, list(operands), cotangent, **results)


def tensors(arrays: Iterable[np.ndarray]) -> list[torch.Tensor]:
    """Leaves that require a gradient."""
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def on_torch(settings: dict[str, Any]) -> dict[str, Any]:
    """Arrays as tensors."""
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}


def output_and_gradients(
    output: torch.Tensor, leaves: Iterable[torch.Tensor], cotangent: np.ndarray
) -> list[np.ndarray]:
    """As arrays, the output and ``d sum(cotangent * output) / d leaf``."""
    gradients = torch.autograd.grad(
        output, list(leaves), torch.tensor(cotangent).to(output.dtype), materialize_grads=True
    )
    return [output.detach().numpy(), *(gradient.numpy() for gradient in gradients)]
