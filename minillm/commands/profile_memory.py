"""What ``profile`` says of memory: the fullest moment of an update, and how it could be less."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from minillm.autograd import Tensor
from minillm.backend.machine import free_bytes
from minillm.commands.profile_formulas import Way
from minillm.commands.tables import percent, table
from minillm.models.costs import TrainingPeak
from minillm.optim import AdamW
from minillm.training import fit

MB = 2**20
HEADER = ("recompute", "accumulate", "texts at once", "peak MB", "of the first", "fullest in")


def measured_peak(
    loss_of: Callable[[Any], Tensor], batches: Sequence[Any], optimizer: AdamW
) -> int:
    """Bytes in use at the fullest moment of an update, weights and moments among them."""
    tracemalloc.start()
    try:
        for parameter in optimizer.parameters:
            parameter.data = parameter.data.copy()  # what was made earlier is not traced
        optimizer.load_state_dict(optimizer.state_dict())
        tracemalloc.reset_peak()
        settings: dict[str, Any] = {"accumulate": len(batches), "count": lambda _: 1.0}
        for _ in fit(loss_of, batches, optimizer, max_norm=1.0, **settings):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def memory_table(peaks: Mapping[Way, TrainingPeak], batch: int) -> str:
    """The peak of every way to make the same update, the one that was asked for first."""
    first = next(iter(peaks.values())).total
    rows = [
        [
            str(way.recompute),
            str(way.accumulate),
            str(batch // way.accumulate),
            f"{peak.total / MB:,.2f}",
            percent(peak.total / first),
            peak.fullest,
        ]
        for way, peak in peaks.items()
    ]
    return table(HEADER, rows)


def memory_lines(peaks: Mapping[Way, TrainingPeak], batch: int, measured: int | None) -> list[str]:
    """The table, what it counts, what was measured, and what is free."""
    peak = next(iter(peaks.values()))
    lines = [
        f"training peak by formula, an update of {batch} texts with AdamW in float32: "
        f"{(peak.parameters + peak.moments) / MB:,.2f} MB of weights and moments and the fullest "
        "moment:",
        "",
        memory_table(peaks, batch),
        "recompute: blocks in a group that is computed again in backward; accumulate: batches in "
        "an update",
    ]
    if measured is not None:
        lines.append(
            f"measured, recompute and accumulate as in the first line: {measured / MB:,.2f} MB "
            f"(formula: {100 * (peak.total / measured - 1):+.2f} %)"
        )
    free = free_bytes()
    if free is not None:
        lines.append(f"free on this machine: {free / MB:,.0f} MB")
    return lines


def peaks_in_numbers(peaks: Mapping[Way, TrainingPeak]) -> list[dict[str, Any]]:
    """The same for a file."""
    return [{**asdict(way), **asdict(peak), "total": peak.total} for way, peak in peaks.items()]
