"""Costs besides that of a step: an import, memory that is kept, numbers too small to be fast."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.benchmarks.asking import ROOT, Worker, environment
from tests.benchmarks.contests import Row
from tests.benchmarks.sizes import CHECKED_STEPS, Rare, Size
from tests.benchmarks.variants import Variant

if TYPE_CHECKING:
    from tests.benchmarks.sections import Plan

IMPORT = """
import sys, time
import numpy
if {name!r} == "dezero":
    numpy.int = int  # which it was written for
cpu, wall = time.process_time(), time.perf_counter()
import {name}
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
from tests.benchmarks.worker import loaded
import json
memory = loaded("backend/machine.py").memory_mb()
print(json.dumps({{"cpu": 1e3 * cpu, "wall": 1e3 * wall, **memory}}))
"""
EARLY, LATE = 10, 2000  # steps after which a table of rare rows is timed
TRAININGS = {"tiny": 1000, "course": 20}  # updates


def imports(plan: Plan) -> Iterator[Row]:
    """Each library in a fresh process that has NumPy already."""
    peers = [v for v in plan.variants if not (v.is_ours or v.heap or v.preload)]
    variants = {v.name: v for v in [*plan.ours, *peers]}
    answers: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
    for _ in range(plan.rounds):
        for name, variant in variants.items():
            answers[name].append(import_of(variant))
    rows = [
        {"name": name, "ms": median_of(found, plan.clock), "peak_mb": median_of(found, "peak_mb")}
        for name, found in answers.items()
    ]
    yield plan.record("import", "after NumPy", rows)


def import_of(variant: Variant) -> dict[str, float]:
    """Milliseconds and megabytes of one import."""
    done = subprocess.run(
        [variant.python, "-c", IMPORT.format(name=variant.module)], cwd=ROOT, check=True, text=True,
        env=environment(variant, 1), stdout=subprocess.PIPE,
    )  # fmt: skip
    return json.loads(done.stdout)


def median_of(found: list[dict[str, float]], key: str) -> float | None:
    """The median of a number, ``None`` where the system does not tell it."""
    told = [answer[key] for answer in found if key in answer]
    return round(statistics.median(told), 1) if told else None


def memory_after(plan: Plan) -> Iterator[Row]:
    """What a process holds early and late in training, and after it has ended."""
    for name, updates in TRAININGS.items():
        size = plan.sizes.get(name)
        if size is None:
            continue
        rows = [
            held_memory(v, "training_minillm", size, updates, {"updates": updates}, ended=True)
            for v in plan.ours[-1:]
        ]
        rows += [held_memory(v, "step_torch", size, updates, {}, ended=False) for v in plan.torch]
        yield plan.record("memory_after", name, rows, asdict(size) | {"updates": updates})


def held_memory(
    variant: Variant, job: str, size: Size, updates: int, more: dict[str, Any], *, ended: bool
) -> Row:
    """Megabytes after 10 updates, after all, and after the end of ``fit``."""
    early = min(EARLY, updates)
    with closing(Worker(variant, job, {"size": asdict(size), **more})) as worker:
        found = {
            "mb_early": worker.ask(early - CHECKED_STEPS - 1),
            "mb_late": worker.ask(updates - early),
        }
        if ended:
            found["mb_after_end"] = worker.ask(1)
    return {"name": variant.name} | {k: round(a["mb"]) for k, a in found.items() if "mb" in a}


def denormals(plan: Plan, rare: Rare | None = None) -> Iterator[Row]:
    """A step when rows have just stopped getting gradients, and when they have long stopped."""
    rare = Rare() if rare is None else rare
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(plan.rounds):
        for variant in [*plan.ours, *plan.torch]:
            found.setdefault(variant.name, []).append(early_and_late(variant, rare, plan.clock))
    rows = [
        {
            "name": name,
            "ms_early": round(statistics.median(early for early, _ in times), 3),
            "ms_late": round(statistics.median(late for _, late in times), 3),
        }
        for name, times in found.items()
    ]
    yield plan.record("denormals", f"steps {EARLY} and {LATE:,}", rows, asdict(rare))


def early_and_late(variant: Variant, rare: Rare, clock: str) -> tuple[float, float]:
    """Milliseconds of a step, over 50 steps each."""
    with closing(Worker(variant, f"rare_{variant.module}", {"rare": asdict(rare)})) as worker:
        worker.ask(EARLY - CHECKED_STEPS - 1)
        early = worker.ask(50)["ms"][clock]
        worker.ask(LATE - EARLY - 50)
        return early, worker.ask(50)["ms"][clock]
