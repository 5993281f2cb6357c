"""Which rows of a batch a thread is working on, for layers to whom it matters."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Rows:
    """Rows ``start`` to ``stop - 1`` of a batch, and how often each layer was asked for noise.

    Layers count their calls, to draw other noise at each.  Threads that share a layer must not
    count each other's: a part counts by itself, and ``settle`` adds up when all have ended.
    """

    start: int
    stop: int
    calls: dict[Any, int] = field(default_factory=dict)

    def call_of(self, layer: Any) -> int:
        """The number of this call, counted from those before the batch; the next has another."""
        n = self.calls.get(layer, 0)
        self.calls[layer] = n + 1
        return layer.calls + n


class Current(threading.local):
    rows: Rows | None = None


current = Current()


def current_rows() -> Rows | None:
    """The rows that this thread works on, ``None`` for a whole batch."""
    return current.rows


@contextmanager
def rows_of_batch(rows: Rows | None) -> Iterator[None]:
    """Within the block, this thread works on ``rows`` alone, on all where it is ``None``."""
    before = current.rows
    current.rows = rows
    try:
        yield
    finally:
        current.rows = before


def settle(parts: Iterable[Rows]) -> None:
    """Advance every layer's count by the calls of one part: all are parts of the same batch."""
    most: dict[Any, int] = {}
    for part in parts:
        for layer, n in part.calls.items():
            most[layer] = max(n, most.get(layer, 0))
    for layer, n in most.items():
        layer.calls += n
