"""What a profile of a training step says: what each layer took, and what all took together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

LOSS, TAPE, UPDATE = "(loss)", "(tape)", "(optimizer)"  # what no layer does
ITSELF = "(model)"  # what the model does outside its layers, such as a tied head


@dataclass
class Spent:
    """What one layer took in one step, or what several did together."""

    parameters: int = 0
    forward_s: float = 0.0
    backward_s: float = 0.0
    forward_flops: int = 0
    backward_flops: int = 0
    held_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Forward and backward."""
        return self.forward_s + self.backward_s

    @property
    def flops(self) -> int:
        """Forward and backward."""
        return self.forward_flops + self.backward_flops

    def add(self, other: Spent) -> None:
        """Take what another one took as well."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass
class Profile:
    """What each layer spent, and the time of the whole step by one look at the clock each end."""

    layers: dict[str, Spent]
    seconds: float

    @property
    def total(self) -> Spent:
        """The sum of all layers, and of what no layer does."""
        return together(self.layers.values())

    def grouped(self, depth: int) -> dict[str, Spent]:
        """The layers by the first ``depth`` names of their paths; a number belongs to its name.

        With depth 1, ``blocks.0.attention.query`` is part of ``blocks.0``.

        Raises:
            ValueError: ``depth`` is below 1.
        """
        if depth < 1:
            raise ValueError(f"grouped: depth must be at least 1, got {depth}")
        groups: dict[str, list[Spent]] = defaultdict(list)
        for path, spent in self.layers.items():
            groups[shortened(path, depth)].append(spent)
        return {name: together(spent) for name, spent in groups.items()}


def together(parts: Iterable[Spent]) -> Spent:
    """The sum of several."""
    total = Spent()
    for part in parts:
        total.add(part)
    return total


def shortened(path: str, depth: int) -> str:
    """The first names of a path, each with the number behind it."""
    kept, names = [], 0
    for part in path.split("."):
        names += not part.isdecimal()
        if names > depth:
            break
        kept.append(part)
    return ".".join(kept)


def mean_profile(profiles: Sequence[Profile]) -> Profile:
    """The mean of several steps of one model; counts are those of the first.

    Raises:
        ValueError: there are none.
    """
    if not profiles:
        raise ValueError("mean_profile: needs a profile at least")
    layers = {}
    for path, first in profiles[0].layers.items():
        same = [one.layers.get(path, Spent()) for one in profiles]
        layers[path] = Spent(**vars(first))
        layers[path].forward_s = sum(one.forward_s for one in same) / len(same)
        layers[path].backward_s = sum(one.backward_s for one in same) / len(same)
    return Profile(layers, sum(one.seconds for one in profiles) / len(profiles))
