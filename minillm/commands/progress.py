"""Progress of long work on stderr."""

from __future__ import annotations

from collections.abc import Iterable

from minillm.training import Step


def watch(steps: Iterable[Step], *, total: int, title: str) -> None:
    """Run the steps under a progress bar that shows a smoothed loss."""
    from tqdm import tqdm

    smooth = None
    with tqdm(total=total, desc=title, unit="step", mininterval=0.5) as bar:
        for step in steps:
            bar.update(step.index + 1 - bar.n)  # a resumed run begins in the middle
            loss = float(step.loss)
            smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
            bar.set_postfix_str(f"loss {smooth:.3f}", refresh=False)
