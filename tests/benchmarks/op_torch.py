"""An op of PyTorch, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tests.benchmarks import problem
from tests.benchmarks.sizes import ADAMW, DECAY, OpCase

F = torch.nn.functional


def prepared(case: dict[str, Any]) -> Callable[[], float]:
    """A function that runs once and gives a number of the result."""
    case = OpCase(**case)
    torch.set_num_threads(1)
    drawn = [torch.tensor(array) for array in problem.operands(case)]
    if case.op == "adamw":
        return adam_step(drawn)
    function, arrays = function_of(case), [x.requires_grad_() for x in drawn]
    g = torch.ones_like(function(*arrays))

    def step() -> float:
        output = function(*arrays)
        gradient = torch.autograd.grad(output, arrays, g)[0]
        return float(output.detach().flatten()[0]) + float(gradient.flatten()[0])

    return step


def function_of(case: OpCase) -> Callable[..., torch.Tensor]:
    """PyTorch's name for it."""
    rows, width = case.operands[0][0], case.operands[0][-1]
    if case.op == "attention":
        kind = case.settings["mask"]
        if kind == "causal":
            return lambda *qkv: F.scaled_dot_product_attention(*qkv, is_causal=True)
        mask = torch.tensor(problem.attention_mask(kind, case.operands[0]))
        return lambda *qkv: F.scaled_dot_product_attention(*qkv, attn_mask=mask)
    if case.op == "cross_entropy":
        targets = torch.tensor(problem.integers(rows, width))
        return lambda x: F.cross_entropy(x, targets)
    if case.op == "embedding":
        ids = torch.tensor(problem.integers(2048, rows))
        return lambda table: F.embedding(ids, table)
    return {
        "linear": F.linear,
        "gelu": F.gelu,
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
        "layer_norm": lambda x, gain, bias: F.layer_norm(x, x.shape[-1:], gain, bias),
        "rms_norm": lambda x, gain: F.rms_norm(x, x.shape[-1:], gain, eps=1e-5),
        "softmax": lambda x: F.softmax(x, dim=-1),
    }[case.op]


def adam_step(arrays: list[torch.Tensor]) -> Callable[[], float]:
    """Fused AdamW, the weights as their own gradients."""
    parameters = [w.clone().requires_grad_() for w in arrays]
    optimizer = torch.optim.AdamW(parameters, **ADAMW, weight_decay=DECAY, fused=True)
    for p, g in zip(parameters, arrays, strict=True):
        p.grad = g

    def step() -> float:
        optimizer.step()
        return float(parameters[0].detach().flatten()[0])

    return step
