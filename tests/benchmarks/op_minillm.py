"""An op of this project, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minillm import ops
from minillm.autograd import Parameter
from minillm.optim import AdamW
from tests.benchmarks import problem
from tests.benchmarks.sizes import ADAMW, DECAY, OpCase

NAMES = {"attention": "scaled_dot_product_attention"}


def prepared(case: dict[str, Any]) -> Callable[[], float]:
    """A function that runs once and gives a number of the result."""
    case = OpCase(**case)
    arrays = problem.operands(case)
    if case.op == "adamw":
        return adam_step(arrays)
    run = getattr(ops, NAMES.get(case.op, case.op)).run
    settings = settings_of(case)
    output, _ = run(*arrays, **settings)
    g = np.ones_like(output)

    def step() -> float:
        output, vjp = run(*arrays, **settings)
        gradient = vjp(g)[0]
        return float(output.ravel()[0]) + float(gradient.ravel()[0])

    return step


def settings_of(case: OpCase) -> dict[str, Any]:
    """Masks, targets and ids as the op wants them."""
    if case.op == "attention":
        return {"mask": problem.attention_mask(case.settings["mask"], case.operands[0])}
    rows, width = case.operands[0][0], case.operands[0][-1]
    if case.op == "cross_entropy":
        return {"targets": problem.integers(rows, width)}
    return {"ids": problem.integers(2048, rows)} if case.op == "embedding" else {}


def adam_step(arrays: list[np.ndarray]) -> Callable[[], float]:
    """AdamW, the weights as their own gradients."""
    parameters = [Parameter(w.copy()) for w in arrays]
    optimizer = AdamW(parameters, **ADAMW, weight_decay=DECAY)

    def step() -> float:
        optimizer.step(arrays)
        return float(parameters[0].data.ravel()[0])

    return step
