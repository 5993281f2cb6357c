"""Units behind a relu or gelu that are never active: no gradient passes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minillm.backend import Array, array_module
from minillm.training.watching.findings import Finding
from minillm.training.watching.limits import WatchLimits

BENT = ("relu", "gelu", "gelu_tanh", "silu")
ASLEEP = -1e-3  # gelu and silu of a unit that still has a slope are below this or above 0


class Units:
    """Which units have been active since the window began, by layer, op and width.

    A unit is dead when ``y <= 0`` (relu), or ``-0.001 < y <= 0`` (gelu, silu), for all that it
    was shown in ``dead_window`` updates.  Rows of an embedding that nobody asked for are not units.
    """

    def __init__(self, limits: WatchLimits):
        self.limits, self.updates = limits, 0
        self.active: dict[tuple[str, str, int], Array] = {}

    def see(self, layer: str, op: str, output: Array) -> None:
        """What an op gave in the forward pass, its units along the last axis."""
        if op not in BENT or output.ndim < 2 or output.size == 0 or self.limits.dead_share is None:
            return
        xp, rows = array_module(output), output.reshape(-1, output.shape[-1])
        key = (layer, op, rows.shape[1])
        found = rows.max(axis=0) > 0
        if op != "relu" and not found.all():
            found = found | (rows.min(axis=0) < ASLEEP)
        before = self.active.get(key)
        self.active[key] = found if before is None else xp.logical_or(before, found)

    def after_update(self) -> Finding | None:
        """The layer with the most dead units, at the end of a window, where they are too many."""
        self.updates += 1
        if self.updates < self.limits.dead_window:
            return None
        found = self.most(self.updates)
        self.active, self.updates = {}, 0
        return found

    def most(self, updates: int) -> Finding | None:
        """The layer with the most dead units in the ``updates`` since the window began."""
        limit = self.limits.dead_share
        if limit is None:
            return None
        shares = {key: 1.0 - float(active.mean()) for key, active in self.active.items()}
        dead = {key: share for key, share in shares.items() if share > limit}
        return finding_of(dead, updates) if dead else None


def finding_of(dead: Mapping[tuple[str, str, int], float], updates: int) -> Finding:
    """In words."""
    layer, op, width = key = max(dead, key=lambda key: dead[key])
    count = round(dead[key] * width)
    said = (
        f"{count} of {width} units of {op} in {layer} were never active in the last "
        f"{updates} updates"
    )
    known: dict[str, Any] = {"op": op, "direction": "forward", "shape": (width,)}
    return Finding("dead units", layer, said, **known, count=count)
