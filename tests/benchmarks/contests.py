"""Several processes at the same work: asked in turn, round by round, medians compared.

A busy minute of the machine hits all of them.  Before anything is timed, all must have the same
numbers: those of the loss after three steps, or of the result.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

from minillm.commands import bench_timing
from tests.benchmarks.asking import Worker
from tests.benchmarks.sizes import CHECKED_STEPS, DECIMALS
from tests.benchmarks.variants import Variant

Row = dict[str, Any]
Start = Callable[[Variant, str, dict[str, Any]], Worker]


@dataclass(frozen=True)
class Entry:
    """One who takes part; who has the same ``kind`` computes the same numbers."""

    name: str
    variant: Variant
    job: str
    settings: dict[str, Any]
    kind: str = "exact"


@dataclass(frozen=True)
class Contest:
    """Who takes part, and how many steps make one measurement."""

    case: str
    entries: list[Entry]
    steps: int | None = None
    units: int = 0  # tokens of a step
    settings: dict[str, Any] = field(default_factory=dict)
    against: str | None = None  # whom all are compared with; without it, all of ours


def held(contest: Contest, rounds: int, clock: str, start: Start = Worker) -> list[Row]:
    """One row for each entry.

    Raises:
        ValueError: two of a kind compute different numbers.
    """
    with ExitStack() as stack:
        workers = {
            e.name: stack.enter_context(closing(start(e.variant, e.job, e.settings)))
            for e in contest.entries
        }
        require_kernels(workers.values(), contest.entries)
        require_equal(contest.entries, {n: w.hello["values"] for n, w in workers.items()})
        counts = {n: contest.steps or fitting(w, clock) for n, w in workers.items()}
        times: dict[str, list[float]] = {name: [] for name in workers}
        memory: dict[str, dict[str, float]] = {}
        for _ in range(rounds):
            for name, worker in workers.items():
                answer = worker.ask(counts[name])
                times[name].append(answer["ms"][clock])
                memory[name] = {k: round(v) for k, v in answer.items() if k == "peak_mb"}
    return [
        row_of(entry, contest, workers[entry.name].hello, times) | memory[entry.name]
        for entry in contest.entries
    ]


def row_of(
    entry: Entry, contest: Contest, hello: dict[str, Any], times: Mapping[str, list[float]]
) -> Row:
    """What is kept of one entry."""
    own = times[entry.name]
    ours = [e.name for e in contest.entries if e.variant.is_ours and e.kind == entry.kind]
    ours = ours if contest.against is None else [contest.against]
    row = {
        "name": entry.name,
        "ms": round(statistics.median(own), 3),
        "least_ms": round(min(own), 3),
        "times_ours": {n: round(pair_by_pair(own, times[n]), 3) for n in ours if n != entry.name},
        "value": round(hello["values"][CHECKED_STEPS], DECIMALS),
        "versions": hello["versions"],
        "allocator": hello["allocator"],
    }
    if contest.units:
        row["tokens_per_second"] = round(1e3 * contest.units / statistics.median(own))
    return row


def fitting(worker: Worker, clock: str) -> int:
    """How many steps make one measurement, where their number is not given."""
    return bench_timing.fitting(worker.ask(1)["ms"][clock])


def pair_by_pair(theirs: list[float], ours: list[float]) -> float:
    """The median over the rounds of one time divided by the other."""
    return statistics.median(a / b for a, b in zip(theirs, ours, strict=True))


def require_kernels(workers: Iterable[Worker], entries: list[Entry]) -> None:
    """Refuse a process whose kernels are not those that its name says.

    Raises:
        ValueError: naming it, and what is in force there.
    """
    for worker, entry in zip(workers, entries, strict=True):
        if (found := worker.hello["kernels"]) != entry.variant.kernels:
            raise ValueError(f"{entry.name} runs with kernels {found!r}")


def require_equal(entries: list[Entry], values: Mapping[str, list[float]]) -> None:
    """Refuse to time functions that differ.

    Raises:
        ValueError: naming two entries and their numbers.
    """
    first: dict[str, Entry] = {}
    for entry in entries:
        known = first.setdefault(entry.kind, entry)
        found, expected = (values[e.name][CHECKED_STEPS] for e in (entry, known))
        if not abs(found - expected) < 10.0**-DECIMALS * max(1.0, abs(expected)):
            raise ValueError(
                f"{entry.name} computes another function than {known.name}: "
                f"{values[entry.name]}, {values[known.name]}"
            )
