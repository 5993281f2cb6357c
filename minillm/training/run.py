"""A run: stages one after another, that can be left anywhere and go on at the same bits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from minillm.backend.files import require_folder
from minillm.nn import Module
from minillm.optim import Optimizer
from minillm.training.checkpointing import (
    as_json,
    load_training,
    load_weights,
    save_training,
    saved_stage,
)
from minillm.training.journal import Journal, event_of
from minillm.training.loop import DivergenceError, Step, fit
from minillm.training.progress import Progress
from minillm.training.ranks import Ranks, agreement
from minillm.training.records import RunRecord
from minillm.training.stages import Stage
from minillm.training.watching import Watch, WatchLimits, watched_steps


class Run:
    """Trains a model in stages; each goes on from the weights that the one before left.

    ``stage(name)`` yields a ``Step`` after each update, ``all()`` those of all stages in turn;
    what has to happen in between (progress, pictures) is the caller's, who may leave the loop
    at any step.

    With a folder ``out``, ``record.jsonl`` gets a line for every update, and a checkpoint is
    written after the first update, then every ``save_every`` updates and at the end of each stage.
    ``resume=True`` goes on from the last one, bit for bit as if nothing had happened: updates that
    came after it are done again.  How long it took stands in ``times.jsonl``.  A fault, which is a
    ``DivergenceError``, is the last line of the record, and ``last_good.safetensors`` keeps the
    weights before it.

    ``facts`` are all settings that shape the result, in a form that JSON has: a run with other
    facts does not resume.

    A run that does not resume takes the folder over once its first update is done: until then the
    checkpoint and the record of the run that was there stay, and the files in ``replaced``.

    ``start_from`` is a checkpoint or a file of weights of an earlier run of the same model, to
    train on from.

    With ``ranks``, several processes make the run together: they compare model and facts first,
    rank 0 alone writes, and they share what is measured on held-out data.  A checkpoint does
    not know how many they were.

    Raises:
        ValueError: no stages, two of one name, ``save_every`` below 1, or a fact that has a name
            which the run itself uses.
        TypeError: facts that JSON cannot hold.
        NotADirectoryError: ``out`` is a file, or inside of one.
        PermissionError: ``out`` may not be written.
        BlockingIOError: another process writes there; at the first step, where ``out`` is new.
        CheckpointError: nothing to resume; the checkpoint belongs to another run; the weights
            to start from do not fit.
        RanksError: another rank has another model, other facts or another checkpoint.
    """

    watch: WatchLimits | None = None  # a fault then ends the run, by name

    def __init__(
        self,
        model: Module,
        stages: Sequence[Stage],
        facts: Mapping[str, Any],
        *,
        out: str | Path | None = None,
        resume: bool = False,
        start_from: str | Path | None = None,
        save_every: int = 100,
        ranks: Ranks | None = None,
    ):
        self.model, self.save_every, self.ranks = model, save_every, ranks
        self.out = None if out is None else Path(out)
        if self.out is not None:
            require_folder(self.out)
        self.stages = {stage.name: agreement.told_by_first(stage, ranks) for stage in stages}
        self.order = list(self.stages)
        if not stages or len(self.order) < len(stages):
            names = [stage.name for stage in stages]
            raise ValueError(f"a run needs stages, each with a name of its own, got {names}")
        if save_every < 1:
            raise ValueError(f"save_every must be at least 1 update, got {save_every}")
        own = {name: value for stage in stages for name, value in stage.facts().items()}
        taken = sorted(facts.keys() & {"stage", "start_from", *own})
        if taken:
            raise ValueError(f"facts: {taken[0]!r} is noted by the run itself; name it otherwise")
        self.facts = as_json({**facts, **own})
        if start_from is not None:
            self.facts["start_from"] = agreement.digest_of_file(Path(start_from))
        rank, size = (0, 1) if ranks is None else (ranks.rank, ranks.size)
        self.journal = Journal(None if rank else self.out, self.facts, ranks=size)
        self.replaced: list[Path] = []  # files of an earlier run that go with its checkpoint
        self.begun: str | None = None
        kept = self.checkpoint, self.out, self.order, self.facts
        with self.journal.left_if_refused():
            self.resumed_stage = saved_stage(*kept) if resume else None
            if start_from is not None:
                load_weights(start_from, model)
            agreement.compare(ranks, self.facts, model, self.checkpoint if resume else None)

    @property
    def record(self) -> RunRecord | None:
        """The record, once the first update is done."""
        return self.journal.record

    @property
    def checkpoint(self) -> Path:
        """Where the state of the run is kept."""
        return (self.out or Path()) / "checkpoint.safetensors"

    @property
    def record_file(self) -> Path:
        """Where a line is written for every update."""
        return self.journal.record_file

    def all(self) -> Iterator[Step]:
        """The steps of all stages in turn."""
        return itertools.chain.from_iterable(self.stage(name) for name in self.order)

    def stage(self, name: str) -> Iterator[Step]:
        """The steps of one stage, from its beginning or from the checkpoint.

        A stage that a resumed run had finished has none left.

        Raises:
            ValueError: there is no such stage.  When the first step is asked for: this stage or
                a later one was begun before, or an earlier one was not begun or is still to be
                resumed.  At its end: the batches did not last.
            CheckpointError: the checkpoint does not fit the model.
            DivergenceError: as ``fit``; or a held-out loss that is not finite.
        """
        if name not in self.stages:
            raise ValueError(f"there is no stage {name!r}, only {', '.join(self.order)}")
        return self.steps_of(self.stages[name])

    def steps_of(self, stage: Stage) -> Iterator[Step]:
        """``stage``, once the name is known."""
        if stage.steps == 0 or self.comes_before(stage.name, self.resumed_stage):
            return
        self.take_turn(stage)
        optimizer = stage.optimizer()
        progress = self.begin(stage, optimizer)
        first, stop = (n * stage.accumulate for n in (optimizer.steps, stage.steps))
        steps = fit(
            stage.loss_of,
            stage.batches(first, stop) if not progress.finished else [],
            optimizer,
            schedule=stage.schedule,
            max_norm=stage.max_norm,
            allow_unused=stage.allow_unused,
            accumulate=stage.accumulate,
            count=stage.count,
            gradients=stage.gradients,
        )
        if self.watch is not None:
            steps = watched_steps(steps, Watch(self.model, optimizer, limits=self.watch))
        while not progress.finished:
            good: Module | None = self.model  # its weights, unless this update has spoiled them
            try:
                step = next(steps, None)
                good = None
                if step is None:
                    raise ValueError(
                        f"stage {stage.name!r}: its batches ended after {optimizer.steps} of "
                        f"{stage.steps} updates"
                    )
                step = replace(step, held_out_loss=progress.after(step, stage, self.model))
            except DivergenceError as error:
                self.journal.note_fault(stage.name, optimizer.steps, error, good)
                raise
            self.note(stage, step, optimizer, progress)
            yield step

    def comes_before(self, name: str, other: str | None) -> bool:
        """Whether stage ``name`` is over when stage ``other`` begins."""
        return other is not None and self.order.index(name) < self.order.index(other)

    def take_turn(self, stage: Stage) -> None:
        """Note that ``stage`` begins, unless it is not its turn.

        Raises:
            ValueError: it or a later one was begun before; an earlier one was not begun, or waits
                to be resumed.
        """
        if self.begun is not None and not self.comes_before(self.begun, stage.name):
            raise ValueError(
                f"stage {stage.name!r} cannot begin: {self.begun!r} was begun in this run; go on "
                "with the steps that it gave, or make a new run that resumes"
            )
        if self.begun is None and self.resumed_stage not in (None, stage.name):
            raise ValueError(
                f"stage {stage.name!r} cannot begin: the checkpoint belongs to "
                f"{self.resumed_stage!r}, which must be run to its end first"
            )
        first = self.order.index(self.begun or self.resumed_stage or self.order[0])
        passed = self.order[first : self.order.index(stage.name)]
        skipped = [name for name in passed if name != self.begun and self.stages[name].steps]
        if skipped:
            raise ValueError(
                f"stage {stage.name!r} cannot begin: {skipped[0]!r} comes before it; begin that "
                "first, or make a run without it"
            )
        self.begun = stage.name

    def begin(self, stage: Stage, optimizer: Optimizer) -> Progress:
        """The state at the stage's beginning, or that of the checkpoint, with its record."""
        progress = Progress(events=self.record.events if self.record else 0)
        if self.resumed_stage == stage.name:
            facts = {**self.facts, "stage": stage.name}
            saved = load_training(self.checkpoint, self.model, optimizer, facts=facts)
            progress = Progress.resumed(*saved)
        self.journal.start(progress.events if self.resumed_stage == stage.name else None)
        return progress

    def note(self, stage: Stage, step: Step, optimizer: Optimizer, progress: Progress) -> None:
        """A line of the record, and a checkpoint where one is due."""
        due = progress.finished or optimizer.steps % self.save_every == 0
        if self.ranks is not None and due:
            agreement.require_same_weights(self.ranks, self.model, optimizer.steps)
        if self.journal.out is None:
            return
        event = event_of(stage.name, step)
        progress.events += 1
        first = self.record is None
        if self.record is not None:
            self.record.append(**event)
        due = due or first
        if due:
            facts = {**self.facts, "stage": stage.name}
            save_training(self.checkpoint, self.model, optimizer, facts, *progress.saved())
        if first:  # now that there is a checkpoint to go on from, the run before this may go
            self.journal.begin(event)
            for path in {*self.replaced} - {self.checkpoint, self.record_file}:
                path.unlink(missing_ok=True)
        if due:
            self.journal.note_time(stage.name, step.index)
