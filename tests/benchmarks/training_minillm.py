"""Training with ``fit``, up to its end, at which memory is given back."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from minillm.optim import AdamW
from minillm.training import fit
from tests.benchmarks.sizes import ADAMW, DECAY
from tests.benchmarks.step_minillm import model_and_batch


def prepared(size: dict[str, int], updates: int) -> Callable[[], float | None]:
    """A function that makes the next update and gives its loss, and nothing after the last one."""
    model, batch = model_and_batch(size)
    optimizer = AdamW(model.parameters(), **ADAMW, weight_decay=DECAY)
    steps = fit(model.loss, itertools.repeat(batch, updates), optimizer)

    def step() -> float | None:
        done = next(steps, None)
        return None if done is None else float(done.loss)

    return step
