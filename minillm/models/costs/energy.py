"""From operations to energy; every number about a machine is the caller's."""

from __future__ import annotations

import math
from dataclasses import dataclass

JOULES_PER_KWH = 3_600_000.0


@dataclass(frozen=True)
class Energy:
    """An amount of energy, and what was assumed about the machine."""

    joules: float
    joules_per_flop: float
    overhead: float

    @property
    def kwh(self) -> float:
        """The amount in kilowatt-hours."""
        return self.joules / JOULES_PER_KWH


def energy_of(flops: float, *, joules_per_flop: float, overhead: float = 1.0) -> Energy:
    """The energy of a computation, under assumptions that are handed in::

        E = overhead * flops * joules_per_flop        [J]

    ``joules_per_flop`` is power over speed of the machine at this very work: watts divided by
    operations a second.  No value is offered: it differs by factors of ten between machines, and
    between what a machine could do and does.  ``overhead`` is what the building takes for each
    joule of the machine, PUE, at least 1.

    Raises:
        ValueError: operations below 0, no positive ``joules_per_flop``, an overhead below 1.
    Source: Strubell, Ganesh & McCallum 2019, "Energy and Policy Considerations for Deep Learning
        in NLP", arXiv:1906.02243, section 2, for power and PUE.
    Guide: 8.2.1 (G53).
    """
    for name, given, least in (
        ("flops", flops, 0.0),
        ("joules_per_flop", joules_per_flop, math.ulp(0.0)),
        ("overhead", overhead, 1.0),
    ):
        if not least <= given < math.inf:
            needed = "above 0" if name == "joules_per_flop" else f"at least {least:g}"
            raise ValueError(f"energy_of: {name} must be a number {needed}, got {given!r}")
    return Energy(overhead * flops * joules_per_flop, joules_per_flop, overhead)
