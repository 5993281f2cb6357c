"""How far a stage has come, beside its weights: the best held-out loss, and whether it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np

from minillm.nn import Module
from minillm.training.evaluation_mode import evaluating
from minillm.training.loop import DivergenceError, Step
from minillm.training.stages import Stage


@dataclass
class Progress:
    """What a checkpoint keeps so that a stage ends as it would have ended."""

    events: int = 0  # lines of the record, of all stages
    best_loss: float = inf
    worse: int = 0  # held-out losses in a row that were no better than the best
    finished: bool = False
    best_weights: dict[str, np.ndarray] | None = None  # where they may have to be put back

    def after(self, step: Step, stage: Stage, model: Module) -> float | None:
        """Take in what an update brought; the held-out loss, where it was measured.

        At the end of a stage that keeps the best weights, they are put back.

        Raises:
            DivergenceError: a held-out loss that is not finite.
        """
        done = step.index + 1
        loss = self.examine(stage, done, model) if stage.examines_after(done) else None
        tired = stage.patience is not None and self.worse >= stage.patience
        self.finished = done >= stage.steps or tired
        if self.finished and self.best_weights is not None:
            model.load_state_dict(self.best_weights)
            self.best_weights = None
        return loss

    def examine(self, stage: Stage, done: int, model: Module) -> float:
        """The held-out loss after ``done`` updates, compared with the best before."""
        with evaluating(model):
            loss = float(stage.held_out())  # type: ignore[misc]
        if not isfinite(loss):
            raise DivergenceError(
                f"stage {stage.name!r}: the held-out loss after {done} updates is {loss}"
            )
        self.worse += 1
        if loss < self.best_loss:
            self.best_loss, self.worse = loss, 0
            self.best_weights = model.state_dict() if stage.keep == "best" else None
        return loss

    def saved(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Numbers and arrays for a checkpoint; ``resumed`` takes them back."""
        numbers = {
            "events": self.events,
            "best_loss": self.best_loss,
            "worse": self.worse,
            "finished": self.finished,
        }
        return numbers, self.best_weights or {}

    @classmethod
    def resumed(cls, numbers: Mapping[str, Any], weights: dict[str, np.ndarray]) -> Progress:
        """The progress that ``saved`` described."""
        return cls(**numbers, best_weights=weights or None)
