"""``course mark``: students' notebooks, run and judged, a row for each exercise."""

from __future__ import annotations

import argparse
import importlib
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minillm.course.marking.crew import Crew
    from minillm.course.marking.marks import Mark

NEEDED = "nbformat", "nbclient", "jupyter_client", "ipykernel", "hypothesis"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is marked, where the marks go, and what a notebook may take."""
    parser.description = "Run students' notebooks and print a row for each exercise."
    parser.epilog = (
        "Of an exercise: ✓ right, ✗ wrong, – open; ! is a note on a file or folder. In a notebook "
        "of two checks of one exercise the last counts. 'check, s' are the seconds of the check."
    )
    parser.add_argument("notebooks", type=Path, nargs="+", metavar="NOTEBOOK", help="or a folder")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="all marks, for a spreadsheet")
    parser.add_argument(
        "--jobs", type=number, default=1, metavar="N", help="notebooks at a time (1)"
    )
    parser.add_argument(
        "--limit", type=number, metavar="SECONDS", help="that a cell may take (by its lesson)"
    )
    parser.add_argument(
        "--whole", type=number, default=600, metavar="SECONDS", help="that all its cells may (600)"
    )
    parser.add_argument(
        "--memory", type=number, default=4, metavar="GB", help="that each process may take (4)"
    )


def number(text: str) -> int:
    """A positive whole number.

    Raises:
        ArgumentTypeError: the text says something else.
    """
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def run(arguments: argparse.Namespace) -> None:
    """Print the table of marks, whatever the marks are, and write them where that was asked.

    Raises:
        OSError, ValueError: a path leads to nothing, or the file cannot be written.
        ModuleNotFoundError: something that marking needs is not installed.
    """
    for module in NEEDED:  # before a student is blamed for it
        importlib.import_module(module)
    from minillm.course.marking import fence
    from minillm.course.marking.crew import Crew
    from minillm.course.marking.hand_in import handed_in
    from minillm.course.marking.table import require_writable, total, write_csv
    from minillm.course.marking.worker import Settings

    files = handed_in(arguments.notebooks)
    if arguments.csv:
        require_writable(arguments.csv)
    open_to = fence.why_no_fence()
    if open_to:
        print(f"{open_to}: {fence.OPEN}", file=sys.stderr)
    settings = Settings(
        limit=arguments.limit,
        whole=arguments.whole,
        memory=arguments.memory,
        fenced=not open_to,
        fonts=str(fence.font_list() or ""),
    )
    crew = Crew(settings, arguments.jobs)
    try:
        print_marks(files, crew)
    finally:  # after Ctrl-C, too, what is done is kept
        marks = all_marks(files, crew)
        if arguments.csv:
            write_csv(arguments.csv, marks)
        if missing := len(files) - len(crew.done):
            print(f"\nstopped: {missing} of {len(files)} hand-ins are not marked", file=sys.stderr)
        print(total(marks))


def all_marks(files: dict[Path, str], crew: Crew) -> list[Mark]:
    """The marks of all files; of one that was not marked, that it was not."""
    from minillm.course.judge.words import Both
    from minillm.course.marking.marks import note
    from minillm.course.marking.notebook import lesson_named

    said = Both("not marked: the marking was stopped before", "未批改：批改中途停止")
    return [
        replace(entry, file=name)
        for path, name in files.items()
        for entry in crew.done.get(path, [note(name, said, lesson_named(name))])
    ]


def print_marks(files: dict[Path, str], crew: Crew) -> None:
    """Print head and rows, each as soon as its file is marked."""
    from tqdm import tqdm

    from minillm.backend.progress import progress_bar
    from minillm.course.marking.table import head, one_line, row
    from minillm.text.terminal import display_width

    wide = max(display_width(one_line(name)) for name in files.values())
    print(head(wide), flush=True)
    with (
        closing(crew.marks(list(files))) as found,
        progress_bar(total=len(files), unit="notebook") as bar,
    ):
        for name, entries in zip(files.values(), found, strict=True):
            rows = (row(replace(entry, file=name), wide) for entry in entries)
            with tqdm.external_write_mode(file=sys.stdout):
                print(*rows, sep="\n", flush=True)
            bar.update()
