"""What a watch found, as an error that ends training before weights are spoiled."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from minillm.training.loop import DivergenceError

Kind = Literal[
    "not finite",
    "gradient explodes",
    "no gradient",
    "forgotten by the optimiser",
    "update too large",
    "update too small",
    "loss rises",
    "activations too large",
    "dead units",
]


@dataclass(frozen=True)
class Finding:
    """A fault, and where it arose: a layer by its path, or a parameter by its name."""

    kind: Kind
    where: str
    said: str  # in a sentence
    op: str | None = None
    direction: Literal["forward", "backward"] | None = None
    shape: tuple[int, ...] | None = None  # of what the op gave
    count: int | None = None  # how many numbers of it are at fault
    inputs: Literal["finite", "infinite", "not finite"] | None = None  # what the op was given

    @property
    def details(self) -> dict[str, Any]:
        """What is known beside the sentence, for a record."""
        known = {name: value for name, value in asdict(self).items() if name != "said"}
        return {name: value for name, value in known.items() if value is not None}


class FaultFound(DivergenceError):
    """The watch has found a fault in an update; the weights are those before it."""

    def __init__(self, step: int, finding: Finding):
        super().__init__(f"step {step}: {finding.said}. This update was not made.")
        self.step, self.finding, self.details = step, finding, finding.details
