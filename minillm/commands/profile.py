"""``profile``: where a training step spends time, operations and memory, layer by layer."""

from __future__ import annotations

import argparse
import json
import math
from functools import partial
from pathlib import Path

from minillm.backend import write_atomically
from minillm.backend.progress import progress_bar
from minillm.commands.bench_timing import clock_for, timed
from minillm.commands.generate import picture_file
from minillm.commands.option_kinds import at_least_1, number_of_blocks
from minillm.commands.profile_formulas import Way
from minillm.commands.profile_memory import measured_peak, memory_lines
from minillm.commands.profile_picture import profile_picture
from minillm.commands.profile_report import in_numbers, report
from minillm.commands.profile_subject import (
    KINDS,
    Subject,
    new_subject,
    of_size,
    read_subject,
    size_of,
    sizes_in_words,
)
from minillm.commands.runs import require_files
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import AdamW
from minillm.training.profile_parts import mean_profile
from minillm.training.profiling import profile_step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model or a size, a batch, and where to write."""
    add = parser.add_argument
    add("model", nargs="?", type=Path, metavar="MODEL", help="a run's folder or model file")
    add(
        "--size", type=size_of, metavar="SIZES",
        help="instead of MODEL: width=64,layers=2,heads=4, also hidden, key_heads, vocabulary, "
        "dropout; or depth=4, which sets them all",
    )  # fmt: skip
    add("--kind", choices=KINDS, default="gpt2", help="of the model of that size (default: gpt2)")
    add("--batch", type=at_least_1, default=8, metavar="N", help="texts in a step (default: 8)")
    add(
        "--length", type=at_least_1, metavar="N",
        help="tokens in a text (default: as many as MODEL reads; 64 with --size)",
    )  # fmt: skip
    add(
        "--recompute", type=number_of_blocks, default=0, metavar="N",
        help="blocks in a group that is computed again in backward, for less memory (default: 0)",
    )  # fmt: skip
    add(
        "--accumulate", type=at_least_1, default=1, metavar="N",
        help="parts of --batch that are computed one after another; must divide it (default: 1)",
    )  # fmt: skip
    add(
        "--formulas", action="store_true",
        help="only the training peak of a --size by formula: nothing is made, and nothing refused",
    )  # fmt: skip
    add("--steps", type=at_least_1, default=5, metavar="N", help="to average (default: 5)")
    add(
        "--detail", type=at_least_1, default=2, metavar="N",
        help="names of a path that are shown: 1 whole blocks, 2 their parts, 4 all (default: 2)",
    )  # fmt: skip
    add(
        "--joules-per-flop", type=positive, metavar="J",
        help="of your machine, watts / operations a second: tells the energy of a step",
    )  # fmt: skip
    add("--picture", type=picture_file, metavar="FILE", help="a .png of the shares of the layers")
    add("--json", type=Path, metavar="FILE", help="write the numbers there, too")


def positive(text: str) -> float:
    """A positive number.

    Raises:
        argparse.ArgumentTypeError: it is not.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive number, got {text!r}")
    return number


def run(arguments: argparse.Namespace) -> None:
    """Profile some steps, and print where they went.

    Raises:
        OSError, ValueError: a --json that is no file for it.
        ValueError: neither or both of MODEL and --size; --accumulate that does not divide --batch;
            --formulas without a --size; what the model or the size refuses.
        MemoryError: the size does not fit, by formula.
    """
    if (arguments.model is None) == (arguments.size is None):
        raise ValueError("give a MODEL, or a --size such as width=64,layers=2,heads=4")
    require_files(arguments, "json")
    way, batch = way_of(arguments), arguments.batch
    size = arguments.kind, arguments.size, batch, arguments.length or 64, way
    if arguments.formulas:
        config, formulas, _ = of_size(*size)
        print(f"{arguments.kind}, {sizes_in_words(config)}, {size[3]} tokens a text\n")
        print("\n".join(memory_lines(formulas.peaks, batch, None)))
        return
    if arguments.size is not None:
        subject = new_subject(*size)
    else:
        subject = read_subject(arguments.model, batch, arguments.length, way)
    recompute_blocks(subject.model, way.recompute)
    found = measured(subject, arguments.steps, arguments.threads, way)
    found.update(batch=batch, way=way, joules_per_flop=arguments.joules_per_flop)
    print(report(subject, found, arguments.detail))
    if arguments.picture is not None:
        profile_picture(arguments.picture, found["profile"], arguments.detail, subject.title)
        print(f"picture: {arguments.picture}")
    if arguments.json is not None:
        written = json.dumps(in_numbers(subject, found), indent=1, allow_nan=False) + "\n"
        write_atomically(arguments.json, written.encode())


def way_of(arguments: argparse.Namespace) -> Way:
    """How an update is made.

    Raises:
        ValueError: batches of several sizes; no size whose formulas could be told.
    """
    if arguments.formulas and arguments.size is None:
        raise ValueError("--formulas needs a --size, such as width=64,layers=2,heads=4")
    if arguments.formulas and (arguments.json or arguments.picture):
        raise ValueError("--formulas measures nothing: leave out --json and --picture")
    if arguments.batch % arguments.accumulate:
        raise ValueError(
            f"--accumulate {arguments.accumulate} does not divide --batch {arguments.batch}: "
            "give a number that does"
        )
    return Way(arguments.recompute, arguments.accumulate)


def measured(subject: Subject, steps: int, threads: int, way: Way) -> dict:
    """The mean profile of some steps, the time of steps that nobody watches, the peak of one."""
    optimizer = AdamW(subject.model.parameters(), lr=1e-4)
    clock = clock_for(threads)
    step = partial(plain_step, subject, optimizer)
    step()  # the first step pays for what is made once
    with progress_bar(range(steps), unit="step", desc="profile") as bar:
        profiles = [
            profile_step(subject.model, subject.loss_of, optimizer, clock=clock) for _ in bar
        ]
    plain = timed(step, steps, clock) / 1e3
    peak = measured_peak(lambda _: subject.loss_of(), [None] * way.accumulate, optimizer)
    return {
        "profile": mean_profile(profiles), "unwatched_seconds": plain, "peak_bytes": peak,
        "steps": steps, "clock": "CPU" if threads == 1 else "wall",
    }  # fmt: skip


def plain_step(subject: Subject, optimizer: AdamW) -> None:
    """One training step that nobody watches."""
    loss = subject.loss_of()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
