"""One stage of a run: its loss, its batches, its parameters, its schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from minillm.autograd import Tensor
from minillm.optim import Optimizer
from minillm.training.accumulation import mean_gradients
from minillm.training.loop import Gradients, check_accumulation

FACTS = ("steps", "accumulate", "max_norm", "evaluate_every", "patience", "keep")


@dataclass(frozen=True)
class Stage:
    """What ``Run`` needs to know of pretraining, fine-tuning, or whatever else is trained.

    ``batches(start, stop)`` gives the batches of those numbers: the same ones whenever it is
    asked, so that a run which resumes sees what it would have seen.  ``optimizer()`` is made
    when the stage begins; it says which parameters are trained.

    With ``held_out``, a function that gives a loss on data that are not trained on, the model
    is examined after every ``evaluate_every`` updates and after the last; dropout is then off
    and nothing is recorded.  The stage ends early when ``patience`` such losses in a row are no
    better than the best before.  ``keep="best"`` puts back, at its end, the weights that had
    the best one.

    The settings of numbers and words below go into the facts of a checkpoint by themselves;
    those that are inside the functions (rates, betas, sizes, seeds) belong in the facts that
    ``Run`` is given.

    Raises:
        ValueError: a number that makes no sense, or a setting without the ``held_out`` that it
            needs.
    """

    name: str
    loss_of: Callable[[Any], Any]
    batches: Callable[[int, int], Iterable[Any]]
    steps: int  # updates
    optimizer: Callable[[], Optimizer]
    schedule: Callable[[int], float] | None = None
    max_norm: float | None = None
    accumulate: int = 1  # batches in an update
    count: Callable[[Any], float] | None = None
    allow_unused: bool = False
    gradients: Gradients = mean_gradients
    held_out: Callable[[], float | Tensor] | None = None
    evaluate_every: int | None = None  # updates
    patience: int | None = None  # held-out losses
    keep: Literal["last", "best"] = "last"

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError(f"stage {self.name!r}: steps must not be negative, got {self.steps}")
        check_accumulation(self.accumulate, self.count)
        if self.keep not in ("last", "best"):
            raise ValueError(
                f"stage {self.name!r}: keep must be 'last' or 'best', got {self.keep!r}"
            )
        for name in ("evaluate_every", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"stage {self.name!r}: {name} must be at least 1, got {value}")
        if self.held_out is not None and self.evaluate_every is None:
            raise ValueError(f"stage {self.name!r}: held_out needs evaluate_every, in updates")
        needing = [name for name in ("evaluate_every", "patience") if getattr(self, name)]
        needing += ["keep='best'"] if self.keep == "best" else []
        if self.held_out is None and needing:
            raise ValueError(
                f"stage {self.name!r}: {' and '.join(needing)} need held_out, a function that "
                "gives a held-out loss"
            )

    def facts(self) -> dict[str, Any]:
        """The settings that shape the result and can be written down, under the stage's name."""
        return {f"{self.name}.{name}": getattr(self, name) for name in FACTS}

    def examines_after(self, done: int) -> bool:
        """Whether the held-out loss is due after that many updates."""
        if self.held_out is None or self.evaluate_every is None:
            return False
        return done % self.evaluate_every == 0 or done == self.steps
