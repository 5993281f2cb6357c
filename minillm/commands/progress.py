"""Progress of long work on stderr, and how it is shared."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Protocol

from minillm.backend.progress import progress_bar
from minillm.training import Step
from minillm.training.sharding import ids_to_share


def watch(steps: Iterable[Step], *, total: int, title: str) -> None:
    """Run the steps under a progress bar that shows a smoothed loss, and the last held-out one."""
    smooth, examined = None, ""
    share = 1 / min(50, max(1, total // 5))  # of the newest loss
    lines = not (sys.stderr and sys.stderr.isatty())  # in a file or a pipe, where no bar is drawn
    with progress_bar(total=total, desc=title, unit="step", mininterval=0.5) as bar:
        for step in steps:
            bar.update(step.index + 1 - bar.n)  # a resumed run begins in the middle
            loss = float(step.loss)
            smooth = loss if smooth is None else smooth + share * (loss - smooth)
            if step.held_out_loss is not None:
                examined = f", held out {step.held_out_loss:.3f}"
                if lines:
                    done = f"{step.index + 1}/{total}: loss {smooth:.3f}{examined}"
                    print(f"{title} {done}", file=sys.stderr, flush=True)
            bar.set_postfix_str(f"loss {smooth:.3f}{examined}", refresh=False)


class Shared(Protocol):
    """A training of which threads may share the batches."""

    model: Any
    threads: int


def print_sharing(training: Shared) -> None:
    """From which size on a batch is shared, where there is more than one thread."""
    if training.threads > 1:
        least = ids_to_share(training.model.parameter_count())
        print(f"{training.threads} threads share a batch of at least {least:,} ids (padding too)")
