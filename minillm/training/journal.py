"""What a run writes beside its checkpoint: its record, its times, a fault that ended it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from minillm.backend import save_arrays
from minillm.backend.locks import FolderLock, hold
from minillm.nn import Module
from minillm.training.loop import Step
from minillm.training.records import RunRecord
from minillm.training.times import RunTimes

RECORD, TIMES, LAST_GOOD = "record.jsonl", "times.jsonl", "last_good.safetensors"


class Journal:
    """The record and the times of a run; without a folder ``out`` nothing is written.

    ``start`` begins the clock; the record begins with the first update, ``begin``, or goes on
    behind the ``n_events`` that a checkpoint knows of.  Until the journal goes, its process alone
    writes into ``out``.

    Raises:
        BlockingIOError: another process does; also by ``start``, where the folder is new.
    Guide: 7.2.2 (G57).
    """

    def __init__(self, out: Path | None, facts: Mapping[str, Any], *, ranks: int = 1):
        self.out, self.facts, self.ranks = out, dict(facts), ranks
        self.record_file = (out or Path()) / RECORD
        self.record: RunRecord | None = None
        self.times: RunTimes | None = None
        self.lock: FolderLock | None = None
        if out is not None and out.exists():  # before anything in it is read
            self.lock = hold(out)

    @contextmanager
    def left_if_refused(self) -> Iterator[None]:
        """After an error in the block, which the caller may keep, another process may write."""
        try:
            yield
        except BaseException:
            self.lock = None
            raise

    def start(self, n_events: int | None = None) -> None:
        """A stage begins, in a run that goes on where ``n_events`` says how far its record counts.

        Raises:
            ValueError: as ``RunRecord.resume``.
        """
        if self.out is None:
            return
        self.lock = self.lock or hold(self.out)
        if self.times is None:
            self.times = RunTimes(self.out / TIMES, resume=n_events is not None, ranks=self.ranks)
        if n_events is not None and self.record is None:
            self.record = RunRecord.resume(self.record_file, n_events=n_events)
            (self.out / LAST_GOOD).unlink(missing_ok=True)  # the record knows of no fault now

    def begin(self, event: Mapping[str, Any]) -> None:
        """The first update is done: a new record, in the place of what an earlier run left."""
        if self.out is not None:
            self.record = RunRecord(self.record_file, self.facts, event)
            (self.out / LAST_GOOD).unlink(missing_ok=True)

    def note_time(self, stage: str, step: int) -> None:
        """How long it has taken up to this update."""
        if self.times is not None:
            self.times.note(stage, step)

    def note_fault(self, stage: str, step: int, error: Exception, good: Module | None) -> None:
        """A fault in this step; the weights of ``good`` are those before it, also the first ones.

        The record of an earlier run, which a run takes over once its first update is done, stays.
        """
        if self.out is None:
            return
        if self.record is None:
            if self.record_file.exists():
                return
            self.record = RunRecord(self.record_file, self.facts)
        details = getattr(error, "details", {})
        self.record.append(stage=stage, step=step, fault=str(error), **details)
        self.note_time(stage, step)
        if good is not None:
            about = {"kind": f"weights before the fault in step {step} of {stage}"}
            save_arrays(self.out / LAST_GOOD, good.state_dict(), about)


def event_of(stage: str, step: Step) -> dict[str, Any]:
    """The line of the record for an update."""
    examined = {} if step.held_out_loss is None else {"held_out_loss": step.held_out_loss}
    return {
        "stage": stage,
        "step": step.index,
        "loss": float(step.loss),
        "gradient_norm": float(step.gradient_norm),
        "lr": step.lr,
        **examined,
    }
