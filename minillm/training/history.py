"""What a run was, read back from its folder: settings, curves, time, and how it ended."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from minillm.training.journal import RECORD, TIMES
from minillm.training.records import held_out_losses, read_record
from minillm.training.times import Taken, read_times

STEPS = ".steps"
Event = Mapping[str, Any]


@dataclass(frozen=True)
class History:
    """A run as its record tells it; older records lack kernels, processor, commit and time."""

    path: Path  # of the record
    head: Mapping[str, Any]
    events: Sequence[Event]
    taken: Taken | None

    @property
    def configuration(self) -> Mapping[str, Any]:
        """All settings that shaped the run."""
        return self.head["configuration"]

    @property
    def planned(self) -> dict[str, int]:
        """How many updates each stage was to make."""
        given = {n: v for n, v in self.configuration.items() if n.endswith(STEPS)}
        return {n.removesuffix(STEPS): v for n, v in given.items() if isinstance(v, int) and v}

    @property
    def stages(self) -> list[str]:
        """The stages that were planned or made: runs of the same ones have the same task."""
        return list(dict.fromkeys([*self.planned, *(event["stage"] for event in self.events)]))

    @property
    def task(self) -> str:
        """The stages in one word."""
        return "+".join(self.stages) or "none"

    def updates(self, stage: str) -> list[Event]:
        """The events of one stage that have a loss."""
        return [e for e in self.events if e["stage"] == stage and "loss" in e]

    @property
    def fault(self) -> str | None:
        """What ended the run, where a fault did."""
        return self.events[-1].get("fault") if self.events else None

    @property
    def state(self) -> str:
        """``finished``, ``ended early`` by patience, ``fault``, ``cut off`` or ``not begun``."""
        if self.fault is not None:
            return "fault"
        if not self.events:
            return "not begun"
        made = {stage: len(self.updates(stage)) for stage in self.stages}
        short = [stage for stage, n in self.planned.items() if made[stage] < n]
        if not short:
            return "finished"
        return "ended early" if all(map(self.is_tired, short)) else "cut off"

    def disorder(self, stage: str) -> str:
        """What is wrong with the steps of a stage, which go up one by one; empty where nothing is.

        So it is where two processes have written one record.
        """
        steps = [e["step"] for e in self.updates(stage) if isinstance(e["step"], int)]
        back = [b for a, b in itertools.pairwise(steps) if b <= a]
        missing = len({*range(min(steps, default=0), max(steps, default=-1) + 1)} - {*steps})
        told = [f"go back {len(back)} times, first to {back[0]}"] if back else []
        told += [f"{missing} missing"] if missing else []
        return f"steps of {stage}: {', '.join(told)}" if told else ""

    def is_tired(self, stage: str) -> bool:
        """Whether the last held-out losses of a stage, as many as its patience, were no better."""
        patience = self.configuration.get(f"{stage}.patience")
        losses = [*held_out_losses(self.updates(stage)).values()]
        if not isinstance(patience, int) or len(losses) <= patience:
            return False
        return min(losses[-patience:]) >= min(losses[:-patience])


def read_history(path: Path) -> History:
    """The run of a folder, or of a record that was named itself.

    Raises:
        OSError: there is none.
        ValueError: it is damaged before its last line, empty, or no record of a run.
    """
    record = path / RECORD if path.is_dir() else path
    head, events = read_record(record)
    if not (isinstance(head, dict) and isinstance(head.get("configuration"), dict)):
        raise ValueError(f"{record}: not the record of a run: line 1 has no configuration")
    for number, event in enumerate(events, start=2):
        if not (isinstance(event, dict) and {"stage", "step"} <= {*event}):
            raise ValueError(f"{record}, line {number}: not an event of a run")
        if not isinstance(event.get("loss", 0), int | float):
            raise ValueError(f"{record}, line {number}: the loss is not a number")
    return History(record, head, events, read_times(record.parent / TIMES))


class Least(NamedTuple):
    """The least of some losses, and the step of the record that has it."""

    loss: float
    step: int


def least(losses: Mapping[int, float]) -> Least | None:
    """The first of the least finite losses; ``None`` where there is none."""
    numbers = {step: loss for step, loss in losses.items() if isfinite(loss)}
    step = min(numbers, key=lambda key: numbers[key], default=None)
    return None if step is None else Least(numbers[step], step)


def losses_of(events: Sequence[Event], name: str = "loss") -> dict[int, float]:
    """The losses of one stage by its steps, which count from 0 as everywhere in a record."""
    return {event["step"]: event[name] for event in events if name in event}


class Parting(NamedTuple):
    """The first place at which two curves differ, and by what."""

    stage: str
    step: int
    what: str
    values: tuple[Any, Any]


def first_difference(one: Sequence[Event], other: Sequence[Event]) -> Parting | None:
    """Where two records part, every number compared to the bit; ``None`` as far as both go.

    A run has the same curve whenever it is made again from its seed, its settings and its data,
    on one kind of processor, with the same versions and the same kernels in force.  Lines
    without a loss are not compared.

    Guide: 7.2.2 (G57).
    """
    for a, b in zip(curve(one), curve(other), strict=False):
        for name in dict.fromkeys([*a, *b]):
            values = a.get(name), b.get(name)
            if json.dumps(values[0]) != json.dumps(values[1]):  # also -0.0 and 0.0, not NaN and NaN
                return Parting(a["stage"], a["step"], name, values)
    return None


def curve(events: Sequence[Event]) -> Iterator[Event]:
    """The events with a loss."""
    return (event for event in events if "loss" in event)
