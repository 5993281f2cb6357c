"""Updates and activations that are far too large or too small beside what they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

from minillm.backend import Array
from minillm.training.watching.findings import Finding
from minillm.training.watching.limits import WatchLimits

AT_WORK = 1e-3  # of the largest norm: a gradient below has done its work


class Updates:
    """Each update beside the weights, as ratios of root mean squares::

        r_i = rms(w_i' - w_i) / max(rms(w_i), rms(all w))

    A matrix of zeros, as an adapter begins with, so counts as large as the model's mean one.
    """

    def __init__(self, names: Sequence[str], limits: WatchLimits):
        self.names, self.limits = names, limits
        self.small, self.largest_norm = 0, 0.0

    def after_update(
        self,
        before: Sequence[Array],
        after: Sequence[Array],
        norm: float,
        lr: float,
    ) -> Finding | None:
        """What is wrong with an update of the weights; ``norm`` is that of its gradient."""
        ratios = ratios_of(before, after)
        if not ratios:
            return None
        place = max(ratios, key=lambda i: ratios[i])
        limit = self.limits.update_above
        if limit is not None and ratios[place] > limit:
            said = (
                f"the update of {self.names[place]} is {ratios[place]:.3g} times as large as the "
                f"weights, at a learning rate of {lr:.3g}"
            )
            return Finding("update too large", self.names[place], said)
        return self.too_small(ratios[place], norm, lr)

    def too_small(self, ratio: float, norm: float, lr: float) -> Finding | None:
        """Updates that rounding swallows, one after another, while there is a gradient."""
        limit, window = self.limits.update_below, self.limits.window
        self.largest_norm = max(self.largest_norm, norm)
        idle = limit is not None and ratio < limit and lr > 0 and norm > AT_WORK * self.largest_norm
        self.small = self.small + 1 if idle else 0
        if self.small < window:
            return None
        said = (
            f"the last {window} updates were all below {limit:.0e} of the weights, the latest "
            f"{ratio:.1e}, at a learning rate of {lr:.3g}"
        )
        return Finding("update too small", "(optimizer)", said)


def ratios_of(before: Sequence[Array], after: Sequence[Array]) -> dict[int, float]:
    """``r_i`` of the parameters that were changed; none where all weights are 0.

    Parameters that are not finite, as by a row that nobody has asked for, are left out.
    """
    sizes = {i: rms([x]) for i, x in enumerate(before)}
    finite = [i for i, size in sizes.items() if isfinite(size)]
    squares = sum(sizes[i] ** 2 * before[i].size for i in finite)
    everywhere = (squares / max(sum(before[i].size for i in finite), 1)) ** 0.5
    changed = [i for i in finite if after[i] is not before[i]] if everywhere else []
    return {i: rms([after[i] - before[i]]) / max(sizes[i], everywhere) for i in changed}


class Activations:
    """The root mean square of what ops in layers give, in the first update."""

    def __init__(self, limits: WatchLimits):
        self.limit = limits.activation_above
        self.found: Finding | None = None

    def see(self, layer: str, op: str, output: Array) -> None:
        """What an op in a layer gave."""
        if self.limit is None or self.found is not None or output.ndim < 2 or not output.size:
            return
        size = rms([output])
        if self.limit < size < inf:  # what is infinite on purpose, as in masks, has no size
            said = (
                f"what {op} in {layer} gives is of size {size:.3g} in the first update: the "
                "weights, or the inputs, are far too large"
            )
            self.found = Finding(
                "activations too large", layer, said, op, "forward", output.shape, inputs="finite"
            )


def rms(arrays: Sequence[Array]) -> float:
    """The root mean square of all numbers of some arrays; 0 of none."""
    size = sum(x.size for x in arrays)
    if not size:
        return 0.0
    flat = [x.reshape(-1) for x in arrays]
    squares = sum(float(x @ x) if x.dtype.itemsize > 2 else inf for x in flat)
    if not isfinite(squares):  # float16, or too large to be squared
        wide = (x.astype("float64") for x in flat)
        squares = sum(float(x @ x) for x in wide)
    return (squares / size) ** 0.5
