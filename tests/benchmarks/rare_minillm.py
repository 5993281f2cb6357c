"""Rows of a table that stop getting gradients, with this project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minillm import ops
from minillm.autograd import Parameter, gradients_of
from minillm.optim import AdamW
from tests.benchmarks import problem
from tests.benchmarks.sizes import ADAMW, DECAY, Rare


def prepared(rare: dict[str, Any]) -> Callable[[], float]:
    """A function that makes one step and gives the loss before it."""
    weights, (first, later) = problem.rare_rows(Rare(**rare))
    table = Parameter(weights)
    optimizer = AdamW([table], **ADAMW, weight_decay=DECAY)
    waiting = [first]

    def step() -> float:
        y = ops.embedding(table, ids=waiting.pop() if waiting else later)
        loss = (y * y).mean()
        optimizer.step(gradients_of(loss, [table]))
        return loss.item()

    return step
