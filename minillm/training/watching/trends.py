"""What only several updates together show: norms that jump, losses that rise, gradients of 0."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median

from minillm.backend import Array
from minillm.optim import gradient_norm
from minillm.training.watching.findings import Finding
from minillm.training.watching.limits import WatchLimits

TOLD = 3  # names at most


class Trends:
    """The norms, losses and missing gradients of one optimiser's updates so far.

    With ``m_t`` the median of the last ``window`` norms, an explosion is
    ``|g| > explosion * max_{s < t} m_s``; the loss rises where the median of the last ``window``
    losses is above ``loss_above`` times the largest of the first ``window``.
    """

    def __init__(self, names: Sequence[str], limits: WatchLimits):
        self.names, self.limits = names, limits
        self.norms, self.losses = (deque[float](maxlen=limits.window) for _ in range(2))
        self.norm = self.usual_norm = self.first_losses = 0.0
        self.n_losses = 0
        self.zeros, self.missing = [0] * len(names), [0] * len(names)

    def before_update(
        self, gradients: Sequence[Array | None], loss: float | None
    ) -> Finding | None:
        """What is wrong with the gradients of an update, or with the losses up to it."""
        present = [g for g in gradients if g is not None]
        norm = float(gradient_norm(present)) if present else 0.0
        self.norm = norm
        return self.exploded(norm, gradients) or self.risen(loss) or self.without(gradients)

    def exploded(self, norm: float, gradients: Sequence[Array | None]) -> Finding | None:
        """A norm far above what has been usual; the parameter with the largest part of it."""
        limit = self.limits.explosion
        if len(self.norms) >= self.limits.window // 2:
            self.usual_norm = max(self.usual_norm, median(self.norms))
        self.norms.append(norm)
        if limit is None or not self.usual_norm or norm <= limit * self.usual_norm:
            return None
        parts = [0.0 if g is None else float(gradient_norm([g])) for g in gradients]
        place = max(range(len(parts)), key=lambda i: parts[i])
        said = (
            f"the gradient explodes: its norm is {norm:.3g}, {norm / self.usual_norm:.3g} times "
            f"the usual one; the largest part, {parts[place]:.3g}, is that of {self.names[place]}"
        )
        return Finding("gradient explodes", self.names[place], said, direction="backward")

    def risen(self, loss: float | None) -> Finding | None:
        """Losses far above all that training began with."""
        if loss is None:
            return None
        window, limit = self.limits.window, self.limits.loss_above
        self.n_losses += 1
        if self.n_losses <= window:
            self.first_losses = max(self.first_losses, loss)
        self.losses.append(loss)
        if limit is None or self.n_losses < 2 * window or self.first_losses <= 0:
            return None
        now = median(self.losses)
        if now <= limit * self.first_losses:
            return None
        said = (
            f"the loss rises: the median of the last {window} is {now:.3g}, the largest of the "
            f"first {window} was {self.first_losses:.3g}"
        )
        return Finding("loss rises", "(loss)", said)

    def without(self, gradients: Sequence[Array | None]) -> Finding | None:
        """Parameters whose gradient has been missing, or nothing but zeros, for a whole window.

        A bias alone may do without: that of the last norm counts for nothing where only
        differences of rewards are learned.
        """
        for i, g in enumerate(gradients):
            self.missing[i] = self.missing[i] + 1 if g is None else 0
            self.zeros[i] = 0 if g is None or bool(g.any()) else self.zeros[i] + 1
        matrices = [g is not None and g.ndim > 1 for g in gradients]
        for counts, what in ((self.missing, "no gradient"), (self.zeros, "a gradient of zeros")):
            places = [i for i, n in enumerate(counts) if n >= self.limits.window]
            everything = len(places) == len(gradients)
            found = [self.names[i] for i in places]
            if places and (
                counts is self.missing or everything or any(matrices[i] for i in places)
            ):
                said = f"{told(found)} had {what} in the last {self.limits.window} updates"
                return Finding("no gradient", found[0], said, count=len(found))
        return None


def told(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return ", ".join(names[:TOLD]) + more
