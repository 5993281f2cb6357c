"""The step with this project, one of its kernels taken away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.backend import kernel_switch, kernels_in_force
from tests.benchmarks import step_minillm


def names() -> list[str]:
    """Every kernel of the level in force, the fastest for each op."""
    return [kernel.__name__ for _, kernel in placed()]


def placed() -> list[tuple[kernel_switch.Table, Callable]]:
    """Tables with the kernels that are in them."""
    tables = {id(table): table for table, _ in kernel_switch.placed}
    return [(table, table[np]) for table in tables.values() if np in table]


def prepared(size: dict[str, int], without: str) -> Callable[[], float]:
    """A training step where one op goes back to its rule; ``nothing`` takes none away.

    Raises:
        ValueError: no kernel in force has this name.
    """
    found = [table for table, kernel in placed() if kernel.__name__ == without]
    if not found and without != "nothing":
        raise ValueError(f"no kernel {without!r} at level {kernels_in_force()}: {names()}")
    for table in found:
        del table[np]
    return step_minillm.prepared(size)
