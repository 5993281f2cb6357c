"""``bench``: how fast training is on this machine, with each level of kernels."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import DEVICES, write_atomically
from minillm.backend.kernel_switch import levels_here
from minillm.backend.machine import processor
from minillm.backend.progress import progress_bar
from minillm.commands.bench_child import import_ms, training_memory
from minillm.commands.bench_device import DEVICE_PARTS, DEVICE_SIZES, run_on_device
from minillm.commands.bench_ops import cases
from minillm.commands.bench_private import PRIVATE_SIZES, private_times
from minillm.commands.bench_ranks import rank_work
from minillm.commands.bench_report import BY_WAY, report
from minillm.commands.bench_serve import LOAD, WHAT, batch_times, stored_accuracy
from minillm.commands.bench_steps import SIZES, LanguageModel, Size, random_batch, training_step
from minillm.commands.bench_stored import INPUTS, OUTPUTS, ROWS, stored_ms
from minillm.commands.bench_timing import by_level, clock_for
from minillm.commands.bench_watched import watched_times
from minillm.commands.bench_ways import ways_by_memory
from minillm.commands.option_kinds import at_least_1
from minillm.commands.runs import require_files

PARTS = ("steps", "ops", "import", "memory", "private", "stored", "watched", "serve", "ranks")
DEVICE_ONLY = {"--sizes": ("gpt2",), "--parts": ("torch",)}
Work = tuple[str, str, Callable[[], Any]]  # part, what of it, and the measurement


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to measure, how often, and where to keep it."""
    for option, known, meaning in (
        ("--sizes", tuple(SIZES), "of the model; gpt2 on a device alone"),
        (
            "--parts",
            PARTS,
            "what to measure: training steps, single ops, import, memory (also against time, with "
            "blocks computed again and batches added up), steps of DP-SGD and watched ones beside "
            "plain ones, layers stored in fewer bits, served answers, several processes (needs the "
            "extra cluster); on a device steps, ops, torch",
        ),
    ):
        parser.add_argument(
            option, type=partial(names_of, (*known, *DEVICE_ONLY[option])), metavar="NAMES",
            help=f"{meaning} (default: {','.join(known)})",
        )  # fmt: skip
    parser.add_argument(
        "--rounds", type=at_least_1, default=5, metavar="N", help="default: %(default)s"
    )
    parser.add_argument(
        "--device", choices=DEVICES, default="cpu",
        help="cuda: training steps and ops on a GPU, beside torch where it is installed, in less "
        "than ten minutes (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    parser.set_defaults(shares_batches=True)


def names_of(known: Sequence[str], text: str) -> list[str]:
    """Names with commas between them.

    Raises:
        argparse.ArgumentTypeError: one is unknown.
    """
    names = [name for name in text.split(",") if name]
    if not names:
        raise argparse.ArgumentTypeError(f"name at least one of {', '.join(known)}")
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
    return names


def run(arguments: argparse.Namespace) -> None:
    """Measure one thing after another, then print the tables."""
    require_known(arguments)
    if arguments.device == "cuda":
        run_on_device(arguments)
        return
    threads, rounds = arguments.threads, arguments.rounds
    require_files(arguments, "json")  # before minutes of work
    found: dict[str, Any] = {
        "processor": processor(),
        "numpy": np.__version__,
        "threads": threads,
        "clock": "CPU" if threads == 1 else "wall",
        "rounds": rounds,
        **{part: {} for part in PARTS if part in arguments.parts},
    }
    work = [w for part in arguments.parts for w in WORK[part](arguments.sizes, threads, rounds)]
    with progress_bar(work, unit="case", desc="bench") as bar:
        for part, name, measure in bar:
            bar.set_postfix_str(f"{part}: {name}")
            found[part][name] = measure()
    print(report(found))
    if arguments.json is not None:
        write_atomically(arguments.json, (json.dumps(found, indent=1) + "\n").encode())


def require_known(arguments: argparse.Namespace) -> None:
    """Fill in what was not said, and refuse what the device does not do.

    Raises:
        ValueError: a size or part of the other device; with what is there, and by which option.
    """
    device = arguments.device
    known = {
        "cpu": {"sizes": tuple(SIZES), "parts": PARTS},
        "cuda": {"sizes": tuple(DEVICE_SIZES), "parts": DEVICE_PARTS},
    }[device]
    for option, names in known.items():
        given = getattr(arguments, option)
        if given is None:
            setattr(arguments, option, [*names])
        elif others := [name for name in given if name not in names]:
            raise ValueError(
                f"--{option}: --device {device} has {', '.join(names)}, got {others[0]!r}"
            )


def step_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """Milliseconds of a training step, by level."""
    for name in sizes:
        size = SIZES[name]
        prepared = partial(new_step, size, threads)
        measure = partial(
            by_level, prepared, levels_here(), rounds=rounds, repeats=size.steps,
            clock=clock_for(threads),
        )  # fmt: skip
        yield "steps", name, measure


def new_step(size: Size, threads: int) -> Callable[[], float]:
    """A training step of a model that nothing else trains."""
    return training_step(LanguageModel(size), random_batch(size), threads=threads)


def op_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """Milliseconds of each op that has kernels, by level; ``off`` is the rule."""
    for case in cases():
        yield (
            "ops", case.name,
            partial(by_level, case.prepared, levels_here(), rounds=rounds, clock=clock_for(1)),
        )  # fmt: skip


def import_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """Milliseconds of ``import minillm`` in a new process."""
    yield "import", "ms", lambda: statistics.median(import_ms() for _ in range(rounds))


def memory_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """The peak of a process that trains, by level; empty where the system does not tell.

    Behind it memory against time, by how an update is made.
    """
    for name in sizes:
        yield "memory", name, partial(memory_by_level, name, threads)
    for name in sizes:
        measure = partial(ways_by_memory, SIZES[name], rounds=rounds, clock=clock_for(1))
        yield "memory", name + BY_WAY, measure


def memory_by_level(size: str, threads: int) -> dict[str, float]:
    """Peak megabytes of training, once for each level."""
    told = {level: training_memory(size, level, threads=threads) for level in levels_here()}
    return {level: known["peak_mb"] for level, known in told.items() if "peak_mb" in known}


def private_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """Milliseconds of a step of DP-SGD, of a plain one, and of one in a loop over examples."""
    for name in sizes:
        if name in PRIVATE_SIZES:
            size, clock = SIZES[name], clock_for(1)
            yield "private", name, partial(private_times, size, rounds=rounds, clock=clock)


def stored_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """Milliseconds of a linear layer, by how its weights are stored."""
    for rows in ROWS:
        name = f"{rows} x {INPUTS} to {OUTPUTS}"
        yield "stored", name, partial(stored_ms, rows, rounds, clock_for(threads))


def watched_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """Milliseconds of a training step that is watched for faults, and of one that is not."""
    for name in sizes:
        yield (
            "watched",
            name,
            partial(watched_times, SIZES[name], rounds=rounds, clock=clock_for(1)),
        )


def serve_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """Answers per second and latency by the size of batches, and what fewer bits cost."""
    clock = clock_for(threads)
    for kind in WHAT:
        yield "serve", kind, partial(batch_times, kind, LOAD, rounds=rounds, clock=clock)
    yield "serve", "stored", partial(stored_accuracy, LOAD, rounds=rounds, clock=clock)


def ranks_work(sizes: Sequence[str], threads: int, rounds: int) -> Iterator[Work]:
    """Steps of several processes beside those of one, and what their sums take."""
    for name, measure in rank_work(sizes, rounds):
        yield "ranks", name, measure


WORK = {
    "steps": step_work,
    "ops": op_work,
    "import": import_work,
    "memory": memory_work,
    "private": private_work,
    "stored": stored_work,
    "watched": watched_work,
    "serve": serve_work,
    "ranks": ranks_work,
}
