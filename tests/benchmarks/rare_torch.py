"""Rows of a table that stop getting gradients, with PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tests.benchmarks import problem
from tests.benchmarks.sizes import ADAMW, DECAY, Rare


def prepared(rare: dict[str, Any]) -> Callable[[], float]:
    """A function that makes one step and gives the loss before it."""
    torch.set_num_threads(1)
    weights, ids = problem.rare_rows(Rare(**rare))
    first, later = (torch.tensor(array) for array in ids)
    table = torch.tensor(weights, requires_grad=True)
    optimizer = torch.optim.AdamW([table], **ADAMW, weight_decay=DECAY, fused=True)
    waiting = [first]

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        y = torch.nn.functional.embedding(waiting.pop() if waiting else later, table)
        loss = (y * y).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
