"""From where on a watch calls something a fault."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf
from numbers import Integral, Real


@dataclass(frozen=True)
class WatchLimits:
    """The limits of a watch; ``None`` in the place of one leaves that out.

    They are far from what healthy training does: a watch that cries often is switched off.

    Raises:
        ValueError: a limit that is not positive and finite; a share above 1; a window below 2.
        TypeError: a limit that is not a number, or a window that is not a whole one.
    """

    explosion: float | None = 100.0  # gradient norm / the largest running median of norms
    update_above: float | None = 10.0  # rms of an update / rms of the weights
    update_below: float | None = 1e-7  # the same, of all parameters, ``window`` updates in a row
    loss_above: float | None = 2.0  # running median of losses / the largest of the first ones
    activation_above: float | None = 1e3  # rms of what an op in a layer gives, in the first update
    dead_share: float | None = 0.5  # of the units behind a relu or gelu, never active so long:
    dead_window: int = 50  # updates
    window: int = 20  # updates of a running median, and without any gradient

    def __post_init__(self) -> None:
        for entry in fields(self):
            name, value = entry.name, getattr(self, entry.name)
            if name.endswith("window"):
                if isinstance(value, bool) or not isinstance(value, Integral):
                    raise TypeError(f"WatchLimits: {name} must be an integer, got {value!r}")
                if value < 2:
                    raise ValueError(f"WatchLimits: {name} must be at least 2, got {value}")
            elif value is not None:
                if isinstance(value, bool) or not isinstance(value, Real):
                    raise TypeError(f"WatchLimits: {name} must be a number, got {value!r}")
                if not 0.0 < float(value) < inf:
                    raise ValueError(
                        f"WatchLimits: {name} must be positive and finite, or None, got {value!r}"
                    )
        if self.dead_share is not None and self.dead_share > 1:
            raise ValueError(f"WatchLimits: dead_share must be at most 1, got {self.dead_share}")
