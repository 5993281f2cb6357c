"""Where a number that is not finite came from: the op that made it of finite ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from minillm.backend import Array, array_module, is_array
from minillm.training.watching.findings import Finding

PLACING = ("where", "masked_fill", "pad")  # what these are told to put somewhere is meant
GIVEN = (
    "all that it was given was finite",
    "it was given infinite numbers, and no NaN",
    "it was given numbers that are not finite",
)
LEVELS: tuple[Literal["finite", "infinite", "not finite"], ...] = (
    *("finite", "infinite", "not finite"),
)
Direction = Literal["forward", "backward"]


class Place(NamedTuple):
    """An op at work."""

    op: str
    layer: str
    direction: Direction = "forward"


@dataclass(frozen=True)
class Origin:
    """An op whose result is not finite, though what it was given was better."""

    place: Place
    shape: tuple[int, ...]
    count: int
    nan: bool  # at least one is NaN; else all of them are infinite
    inputs: int  # the worst level of what the op was given
    parameter: str | None = None  # whose numbers these are: no op has made them
    operand: int | None = None  # the same, of an input
    meant: bool = False  # put there on purpose, as the -inf of a mask

    def finding(self) -> Finding:
        """In words."""
        what = "NaN" if self.nan else "infinity"
        op, layer, direction = self.place
        share = f"{self.count} of {int(np.prod(self.shape))} numbers, shape {self.shape}"
        if self.parameter is not None:
            said = f"{what} stands in the parameter {self.parameter} ({share}), which {op} in "
            said += f"{layer} used"
        elif self.operand is not None:
            said = f"{what} came in with operand {self.operand} of {op} in {layer} ({share}), "
            said += "which no op has made"
        else:
            said = f"the first {what} arose in the {direction} pass of {op} in {layer} ({share}); "
            said += GIVEN[self.inputs]
        return Finding(
            "not finite",
            *(self.parameter or layer, said, op, direction, self.shape, self.count),
            LEVELS[self.inputs],
        )


class Seen(NamedTuple):
    """What the backward pass of an op needs to know of its forward pass; it holds no array."""

    place: Place
    behind: Origin | None  # why an operand or the output was not finite
    level: int  # the worst of them
    parameters: tuple[int, ...]  # which operands are parameters


class Origins:
    """Follows what is not finite from op to op, forward and backward.

    An array that is not finite is a victim where an operand was as bad, and else its op is the
    origin.  NaN is worse than infinity: ``inf / inf`` is NaN, and yet a victim if an op made the
    infinity out of finite numbers (``exp`` of 1000).  Infinities that were put somewhere on
    purpose, as masks have them, are nobody's fault: of a row that is all masked, ``softmax`` is
    the origin.  What is masked later never reaches the loss and is forgotten.
    """

    def __init__(self, names: Callable[[], Mapping[int, str]]):
        self.names = names  # of the parameters, by the id of their arrays
        self.forget()

    def forget(self) -> None:
        """A new update begins."""
        self.known: dict[int, tuple[Array, Origin]] = {}  # arrays are held: an id is used again
        self.scalar: Origin | None = None  # of the last result that was a NumPy scalar
        self.of_loss: Origin | None = None
        self.of_gradient: Origin | None = None  # the first that came to a parameter
        self.first_backward: Origin | None = None
        self.shares: list[tuple[Array, Origin]] = []  # that were not finite

    def verdict(self) -> Origin | None:
        """Whose fault it is that the loss or a gradient is not finite."""
        return self.of_loss or self.of_gradient or self.first_backward

    def forward(self, place: Place, arrays: Sequence[Array], output: Array) -> Seen:
        """An op has given ``output``."""
        if not is_finite(output):
            self.note(output, self.origin(place, arrays, output))
        names = self.names()
        parameters = tuple(i for i, x in enumerate(arrays) if id(x) in names)
        spoiled = [x for x in (*arrays, output) if id(x) in self.known] if self.known else []
        return Seen(place, self.behind(spoiled), worst(spoiled), parameters)

    def backward(self, seen: Seen, g: Array, shares: Sequence[Array | None]) -> None:
        """The VJP of an op has made ``shares`` of ``g``."""
        for i, share in enumerate(shares):
            if share is None or is_finite(share):
                continue
            origin = seen.behind
            if not is_finite(g):
                origin = self.of_sum(g) or origin
            if origin is None:
                origin = made(seen.place._replace(direction="backward"), share, seen.level)
            self.first_backward = self.first_backward or origin
            self.shares.append((share, origin))
            if i in seen.parameters:
                self.of_gradient = self.of_gradient or origin

    def of_sum(self, g: Array) -> Origin | None:
        """The origin of a gradient; of a sum that the tape has made, that of the latest share."""
        latest = self.shares[::-1]
        same = [origin for share, origin in latest if share is g]
        same += [origin for share, origin in latest if share.shape == g.shape]
        return next(iter(same), self.first_backward)

    def loss(self, output: Array) -> None:
        """The backward pass begins at this one number."""
        if id(output) in self.known and self.of_loss is None:
            self.of_loss = self.known[id(output)][1]

    def note(self, array: Array, origin: Origin) -> None:
        """Remember where an array's numbers come from."""
        self.known[id(array)] = (array, origin)
        if isinstance(array, np.generic):  # which a tensor makes an array of: another object
            self.scalar = origin

    def behind(self, arrays: Sequence[Array]) -> Origin | None:
        """The origin of the first array that was spoiled and not on purpose."""
        found = (self.known[id(x)][1] for x in arrays if id(x) in self.known)
        return next((origin for origin in found if not origin.meant), None)

    def origin(self, place: Place, arrays: Sequence[Array], output: Array) -> Origin:
        """Whose fault an output is that is not finite."""
        level = worst([output])
        spoiled = [(i, x) for i, x in enumerate(arrays) if worst([x])]
        spoiled.sort(key=lambda pair: -worst([pair[1]]))  # a NaN before an infinity
        for i, x in spoiled:
            if id(x) not in self.known and x.ndim == 0 and self.scalar is not None:
                self.note(x, self.scalar)
            elif id(x) not in self.known:
                name = self.names().get(id(x))
                masks = name is None and not bool((x == np.inf).any()) and worst([x]) == 1
                whose = {"operand": i} if name is None else {"parameter": name}
                self.note(x, made(place, x, 2, meant=masks, **whose))
        found = self.behind([x for _, x in spoiled])
        if found is not None:
            return found
        if spoiled and worst([spoiled[0][1]]) >= level:
            return self.known[id(spoiled[0][1])][1]
        meant = place.op in PLACING and level == 1
        return made(place, output, worst([x for _, x in spoiled]), meant=meant)


def made(
    place: Place,
    array: Array,
    inputs: int,
    *,
    parameter: str | None = None,
    operand: int | None = None,
    meant: bool = False,
) -> Origin:
    """An origin with the shape and the counts of an array."""
    xp = array_module(array)
    count, nan = int((~xp.isfinite(array)).sum()), bool(xp.isnan(array).any())
    return Origin(place, array.shape, count, nan, inputs, parameter, operand, meant)


def worst(arrays: Sequence[Array]) -> int:
    """0 where all numbers are finite, 1 where some are infinite, 2 where some are NaN."""
    bad = [x for x in arrays if not is_finite(x)]
    return max((2 if bool(array_module(x).isnan(x).any()) else 1 for x in bad), default=0)


def is_finite(array: Array) -> bool:
    """Whether every number of an array is finite: so it is if their sum is, which is quick.

    A sum may overflow where no number does; then each is looked at.
    """
    if not (is_array(array) or isinstance(array, np.generic)) or array.dtype.kind != "f":
        return True
    xp = array_module(array)
    total = array.sum(dtype=np.float32 if array.dtype.itemsize < 4 else None)
    return bool(xp.isfinite(total)) or bool(xp.isfinite(array).all())
