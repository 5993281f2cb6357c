"""How far the learning of word vectors has come, and a word where it has not learned."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from minillm.training import read_record
from minillm.training.checkpointing import as_json
from minillm.training.journal import Journal

OFTEN = 100  # chunks after which a long pass is told of


class Told:
    """Prints the mean loss of every pass, where stderr shows no bar; ``per_pass`` parts make one.

    Every part is an event of the run's record.  The files of an earlier run go with the
    first part that is told of.
    """

    def __init__(
        self,
        title: str,
        *,
        epochs: int,
        per_pass: int,
        items: int | None,
        replaced: Sequence[Path],
        journal: Journal | None = None,
    ):
        self.journal, self.recorded = journal, False
        self.title, self.epochs, self.per_pass = title, epochs, per_pass
        self.items = items  # of every part; of a word2vec chunk as many as it says itself
        self.replaced, self.sum, self.n, self.mean = replaced, 0.0, 0, float("nan")
        self.lines = not (sys.stderr and sys.stderr.isatty())

    def __call__(self, trained: Any, done: int) -> None:
        """Take in what was learned when ``done`` parts of all are done."""
        for path in self.replaced:
            path.unlink(missing_ok=True)
        self.replaced = ()
        self.sum += trained.loss * (1 if self.items else trained.items)
        self.n += self.items or trained.items
        self.mean = self.sum / max(self.n, 1)
        whole = done % self.per_pass == 0
        loss = float(trained.loss / (self.items or 1))
        if self.journal is not None:
            event = {"stage": self.title, "step": done - 1, "loss": loss}
            self.note(self.journal, event, whole=whole)
        if self.lines and (whole or done % OFTEN == 0):
            told = f"pass {done / self.per_pass:.3g} of {self.epochs}: mean loss {self.mean:.4f}"
            print(f"{self.title} {told}", file=sys.stderr, flush=True)
        if whole:
            self.sum, self.n = 0.0, 0

    def note(self, journal: Journal, event: Mapping[str, Any], *, whole: bool) -> None:
        """A line of the record, behind those that a run which goes on had made by then."""
        first, self.recorded = not self.recorded, True
        if first and event["step"]:
            with suppress(OSError, ValueError):  # older runs have no record: it begins here
                head, events = read_record(journal.record_file)
                if head["configuration"] == as_json(journal.facts):  # else of the run before
                    journal.start(min(len(events), event["step"]))
        if journal.record is None:
            journal.begin(event)
        else:
            journal.record.append(**event)
        if first or whole:
            journal.note_time(event["stage"], event["step"])

    def print_end(self, before: float) -> None:
        """The mean loss of the last pass, and a word if it is no better than that before it all."""
        if self.mean != self.mean:  # nothing was left to learn
            return
        print(f"mean loss of the last pass {self.mean:.4f}; before learning {before:.4f}")
        if self.mean >= before:
            print(
                "minillm embed: the loss is not below that before learning: these vectors have "
                "learned nothing; give a lower --rate",
                file=sys.stderr,
            )
