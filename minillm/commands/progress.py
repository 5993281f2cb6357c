"""Progress of long work on stderr, and how it is shared."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from minillm.backend.progress import progress_bar
from minillm.training import Step, read_record
from minillm.training.sharding import ids_to_share


def watch(steps: Iterable[Step], *, total: int, title: str, record: Path | None = None) -> None:
    """Run the steps under a progress bar that shows a smoothed loss, and the last held-out one.

    Where a run goes on, the losses before are in its ``record``: the mean is that of a run that
    was never stopped.
    """
    smooth: float | None = None
    examined, first = "", True
    share = 1 / min(50, max(1, total // 5))  # of the newest loss
    lines = not (sys.stderr and sys.stderr.isatty())  # in a file or a pipe, where no bar is drawn
    with progress_bar(total=total, desc=title, unit="step", mininterval=0.5) as bar:
        for step in steps:
            bar.update(step.index + 1 - bar.n)  # a resumed run begins in the middle
            earlier = losses_before(step, record) if first and record is not None else []
            first = False
            for loss in [*earlier, float(step.loss)]:
                smooth = loss if smooth is None else smooth + share * (loss - smooth)
            if step.held_out_loss is not None:
                examined = f", held out {step.held_out_loss:.3f}"
                if lines:
                    done = f"{step.index + 1}/{total}: loss {smooth:.3f}{examined}"
                    print(f"{title} {done}", file=sys.stderr, flush=True)
            bar.set_postfix_str(f"loss {smooth:.3f}{examined}", refresh=False)


def losses_before(step: Step, record: Path) -> list[float]:
    """The losses of the updates before this one of its stage, as the record has them."""
    if not step.index:
        return []
    _, events = read_record(record)
    return [event["loss"] for event in events[-1 - step.index : -1]]


class Shared(Protocol):
    """A training of which threads may share the batches."""

    model: Any
    threads: int


def print_sharing(training: Shared) -> None:
    """From which size on a batch is shared, where there is more than one thread or process."""
    ranks = getattr(training, "ranks", None)
    if ranks is not None:
        print(f"{ranks.size} process{'es share' if ranks.size > 1 else ' has'} every batch")
    if training.threads > 1:
        least = ids_to_share(training.model.parameter_count())
        print(f"{training.threads} threads share a batch of at least {least:,} ids (padding too)")
