"""Units behind a relu or gelu that are never active: no gradient passes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from minillm.backend import Array, array_module
from minillm.training.watching.findings import Finding
from minillm.training.watching.limits import WatchLimits

BENT = ("relu", "gelu", "gelu_tanh", "silu")
ASLEEP = -1e-3  # gelu and silu of a unit that still has a slope are below this or above 0


class Place(NamedTuple):
    """Where units stand: behind which parameter, and how many such ops lie between."""

    layer: str
    op: str
    width: int
    behind: str  # the parameter that was used last before, or nothing
    number: int  # of the ops of ``BENT`` since then: a module may have two relus behind each other


class Units:
    """Which units have been active since the window began, by their ``Place``.

    A unit is dead when ``y <= 0`` (relu), or ``-0.001 < y <= 0`` (gelu, silu), for all that it
    was shown in ``dead_window`` updates.  Rows of an embedding that nobody asked for are not units.

    A layer that works several times in an update, as on both texts of a pair or in a loop over
    positions, uses its parameters each time: what it shows then are the same units.
    """

    def __init__(self, limits: WatchLimits):
        self.limits, self.updates = limits, 0
        self.behind, self.number = "", 0
        self.active: dict[Place, Array] = {}

    def see(self, layer: str, op: str, output: Array, parameters: Sequence[str] = ()) -> None:
        """What an op gave in the forward pass, its units along the last axis, and what it used."""
        if parameters:
            self.behind, self.number = parameters[0], 0
        if op not in BENT or output.ndim < 2 or self.limits.dead_share is None:
            return
        number, self.number = self.number, self.number + 1
        if output.size == 0:
            return
        xp, rows = array_module(output), output.reshape(-1, output.shape[-1])
        place = Place(layer, op, rows.shape[1], self.behind, number)
        found = rows.max(axis=0) > 0
        if op != "relu" and not found.all():
            found = found | (rows.min(axis=0) < ASLEEP)
        before = self.active.get(place)
        self.active[place] = found if before is None else xp.logical_or(before, found)

    def after_update(self) -> Finding | None:
        """The layer with the most dead units, at the end of a window, where they are too many."""
        self.updates += 1
        self.behind, self.number = "", 0
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
        shares = {place: 1.0 - float(active.mean()) for place, active in self.active.items()}
        dead = {place: share for place, share in shares.items() if share > limit}
        return finding_of(dead, updates) if dead else None


def finding_of(dead: Mapping[Place, float], updates: int) -> Finding:
    """In words; of equal shares the first in the forward pass is named."""
    place = max(dead, key=lambda place: dead[place])
    count, behind = round(dead[place] * place.width), place.behind and f" behind {place.behind}"
    said = (
        f"{count} of {place.width} units of {place.op} in {place.layer}{behind} were never active "
        f"in the last {updates} updates"
    )
    known: dict[str, Any] = {"op": place.op, "direction": "forward", "shape": (place.width,)}
    return Finding("dead units", place.layer, said, **known, count=count)
