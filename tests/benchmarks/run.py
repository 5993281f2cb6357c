"""Time this project beside other libraries: ``python -m tests.benchmarks.run [SECTION...]``.

Every implementation runs in a process of its own, with one thread.  They are asked in turn,
round by round; what counts is CPU time, as a median over the rounds, or with ``--wall`` the time
that passes.  Libraries that ``--peer-python`` cannot import are left out.  What is found goes
into ``results/PROCESSOR.json`` after each case, and as tables into ``results/README.md``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from minillm.backend import write_atomically
from minillm.backend.kernel_switch import HOST_LEVELS
from minillm.backend.machine import processor
from minillm.commands.option_kinds import at_least_1
from tests.benchmarks import records, tables
from tests.benchmarks.asking import importable, intel_shim
from tests.benchmarks.sections import SECTIONS, SHARED, SIZES, Plan
from tests.benchmarks.variants import ours, peers


def main(words: list[str] | None = None) -> None:
    """Measure, print tables, keep the records; or print the tables of what is kept."""
    parser = command_line()
    given = parser.parse_args(words)
    if given.table:
        print(tables.markdown(given.out))
        write_page(given.out)
        return
    sections = chosen(parser, given.sections or list(SECTIONS), SECTIONS, "sections")
    sizes = chosen(parser, given.sizes.split(","), SIZES, "sizes")
    levels = chosen(parser, given.kernels.split(","), HOST_LEVELS, "kernels")
    if given.threads > 1 and not given.wall:
        parser.error("CPU time adds up over threads: --threads needs --wall")
    if given.threads > 1 and (alone := [s for s in sections if s not in SHARED]):
        parser.error(f"{', '.join(alone)}: one thread only; several share {', '.join(SHARED)}")
    compiled = given.compiled_python or sys.executable
    with tempfile.TemporaryDirectory() as folder:
        us = ours(levels, sys.executable, compiled if importable("numba", compiled) else None)
        them = peers(given.peer_python, importable, intel_shim(Path(folder)))
        if given.only:
            names = chosen(
                parser, given.only.split(","), [v.name for v in [*us, *them]], "variants"
            )
            us, them = ([v for v in some if v.name in names] for some in (us, them))
        if not any(v.module == "minillm" for v in us):
            parser.error("nothing of ours is left to compare with")
        plan = Plan(
            [*us, *them], {name: SIZES[name] for name in sizes}, given.rounds,
            "wall" if given.wall else "cpu", given.threads, given.label,
        )  # fmt: skip
        measure(plan, sections, given.out)


def measure(plan: Plan, sections: list[str], folder: Path) -> None:
    """One section after another; a case is kept as soon as it is known."""
    known = processor()
    for section in sections:
        for record in SECTIONS[section](plan):
            file = records.keep(known, [record], folder)
            print(tables.plain(record), end="\n\n", flush=True)
    write_page(folder)
    print(f"kept in {file}", file=sys.stderr)


def write_page(folder: Path) -> None:
    """The tables of all processors."""
    write_atomically(folder / "README.md", tables.page(folder).encode("utf-8"))


def chosen(
    parser: argparse.ArgumentParser, names: list[str], known: object, kind: str
) -> list[str]:
    """``names``, or an error of the command line if one is unknown."""
    if unknown := [name for name in names if name not in known]:
        parser.error(f"unknown {kind} {unknown}; there are {list(known)}")
    return names


def command_line() -> argparse.ArgumentParser:
    """All options."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.benchmarks.run")
    add = parser.add_argument
    add("sections", nargs="*", metavar="SECTION", help=f"some of {', '.join(SECTIONS)}")
    add("--sizes", default=",".join(SIZES), help="of the step, some of %(default)s")
    add("--rounds", type=at_least_1, default=7, help="default %(default)s")
    add("--kernels", default=",".join(HOST_LEVELS), help="levels of ours, some of %(default)s")
    add("--only", metavar="NAMES", help="of the variants, such as minillm@numpy,torch")
    add("--peer-python", default=sys.executable, help="has torch, autograd, dezero")
    add("--compiled-python", help="has numba, and what this project needs")
    add("--wall", action="store_true", help="the time that passes, instead of CPU time")
    add("--threads", type=at_least_1, default=1, help="default %(default)s; more need --wall")
    add("--label", default="now", help="what the records are called (default %(default)s)")
    add("--out", type=Path, default=records.RESULTS, metavar="DIR", help="default %(default)s")
    add(
        "--table",
        action="store_true",
        help="measure nothing: write and print the tables of what is kept",
    )
    return parser


if __name__ == "__main__":
    main()
