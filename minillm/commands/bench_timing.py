"""How ``bench`` measures: the candidates in turn, round by round, and the median of each.

A busy minute of the machine then hits all of them.  With one thread it is CPU time that counts,
which other programs hardly change; with several it is the time that passes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from minillm.backend import kernels

Clock = Callable[[], float]
Key = TypeVar("Key")


def clock_for(threads: int) -> Clock:
    """CPU time for one thread, time that passes for several."""
    return time.process_time if threads == 1 else time.perf_counter


def timed(run: Callable[[], Any], repeats: int, clock: Clock) -> float:
    """Milliseconds of one call of ``run``, over ``repeats`` of them."""
    start = clock()
    for _ in range(repeats):
        run()
    return 1e3 * (clock() - start) / repeats


def in_turn(
    candidates: Mapping[Key, Callable[[], float]], rounds: int
) -> Iterator[tuple[Key, float]]:
    """Ask each candidate for its time, one after another, ``rounds`` times."""
    for _ in range(rounds):
        for key, ask in candidates.items():
            yield key, ask()


def by_level(
    prepared: Callable[[], Callable[[], Any]],
    levels: list[str],
    *,
    rounds: int,
    repeats: int | None = None,
    clock: Clock,
) -> dict[str, float]:
    """The median time of a call at each level of kernels, each with data of its own.

    Without ``repeats``, as many calls as fill ``AT_LEAST`` milliseconds make one measurement.
    """
    runs = {level: warmed(prepared, level) for level in levels}

    def ask(level: str) -> float:
        with kernels(level):
            if level not in counts:
                counts[level] = repeats or fitting(timed(runs[level], 1, clock))
            return timed(runs[level], counts[level], clock)

    counts: dict[str, int] = {}
    times: dict[str, list[float]] = {level: [] for level in levels}
    asked = {level: lambda level=level: ask(level) for level in levels}
    for level, ms in in_turn(asked, rounds):
        times[level].append(ms)
    return {level: statistics.median(found) for level, found in times.items()}


AT_LEAST = 50.0  # milliseconds of one measurement: a clock of CPU time may tick slowly


def fitting(ms: float) -> int:
    """How many calls fill ``AT_LEAST`` milliseconds, where one takes ``ms``."""
    return max(1, min(1000, round(AT_LEAST / max(ms, 0.05))))


def warmed(prepared: Callable[[], Callable[[], Any]], level: str) -> Callable[[], Any]:
    """What ``prepared`` makes, once it has run twice with the kernels of ``level``."""
    with kernels(level):
        run = prepared()
        for _ in range(2):
            run()
    return run
