"""One stage of a run: its loss, its batches, its parameters, its schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from minillm.autograd import Tensor
from minillm.optim import Optimizer
from minillm.training.accumulation import mean_gradients
from minillm.training.loop import Gradients, check_integer, check_settings

FACTS = ("steps", "accumulate", "max_norm", "evaluate_every", "patience", "keep")


@dataclass(frozen=True)
class Stage:
    """What ``Run`` needs to know of pretraining, fine-tuning, or whatever else is trained.

    ``batches(start, stop)`` gives batches ``start`` to ``stop - 1``, counted in batches and not
    in updates: the same ones whenever it is asked, so that a run which resumes sees what it
    would have seen.  ``optimizer()`` is made when the stage begins; it says which parameters
    are trained.

    With ``held_out``, a function that gives a loss on data that are not trained on, the model
    is examined after every ``evaluate_every`` updates and after the last; dropout is then off
    and nothing is recorded.  The stage ends early when ``patience`` such losses in a row are no
    better than the best before.  ``keep="best"`` puts back, at its end, the weights that had
    the best one.

    ``steps``, ``accumulate``, ``max_norm``, ``evaluate_every``, ``patience`` and ``keep`` go
    into the facts of a checkpoint by themselves; settings that are inside the functions (rates,
    betas, sizes, seeds) belong in the facts that ``Run`` is given.

    Raises:
        ValueError: a number that makes no sense, or a setting without the ``held_out`` that it
            needs.
        TypeError: a number of updates, batches or losses that is not an integer; something else
            in the place of a function (a list of ``batches``, an ``optimizer`` that is made
            already).
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
        for name, least in (("steps", 0), ("evaluate_every", 1), ("patience", 1)):
            value = getattr(self, name)
            if value is None and name != "steps":
                continue
            check_integer(f"stage {self.name!r}: {name}", value)
            if value < least:
                raise ValueError(
                    f"stage {self.name!r}: {name} must be at least {least}, got {value}"
                )
        check_settings(
            self.accumulate,
            self.max_norm,
            schedule=self.schedule,
            count=self.count,
            gradients=self.gradients,
            held_out=self.held_out,
        )
        for name, form in (("batches", "batches(start, stop)"), ("optimizer", "optimizer()")):
            given = getattr(self, name)
            if self.steps > 0 and not callable(given):
                raise TypeError(
                    f"stage {self.name!r}: {name} must be a function, called as {form}, "
                    f"got {type(given).__name__}"
                )
        if self.keep not in ("last", "best"):
            raise ValueError(
                f"stage {self.name!r}: keep must be 'last' or 'best', got {self.keep!r}"
            )
        self.check_held_out()

    def check_held_out(self) -> None:
        """Refuse a held-out loss without a time to measure it, and settings without such a loss.

        Raises:
            ValueError: as ``Stage``.
        """
        if self.held_out is not None and self.evaluate_every is None:
            raise ValueError(f"stage {self.name!r}: held_out needs evaluate_every, in updates")
        needing = [name for name in ("evaluate_every", "patience") if getattr(self, name)]
        needing += ["keep='best'"] if self.keep == "best" else []
        if self.held_out is None and needing:
            verb = "needs" if len(needing) == 1 else "need"
            raise ValueError(
                f"stage {self.name!r}: {' and '.join(needing)} {verb} held_out, a function that "
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
