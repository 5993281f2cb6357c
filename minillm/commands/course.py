"""``course``: make what is generated, write solutions, run a notebook, mark students' notebooks."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from minillm.backend.clone import require_clone


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The four actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = actions.add_parser("build", help="write notebooks, pages, the README's map, the diagram")
    make.add_argument("--check", action="store_true", help="only list what is out of date; exit 1")
    teacher = actions.add_parser("solutions", help="write the notebooks with solutions")
    teacher.add_argument("folder", type=Path, metavar="DIR")
    one = actions.add_parser("run", help="run a notebook from top to bottom, offline")
    one.add_argument("notebook", type=Path)
    one.add_argument("--figures", type=Path, metavar="DIR", help="default: thrown away")
    marks = actions.add_parser("mark", help="run students' notebooks; a row for each exercise")
    marks.add_argument("notebooks", type=Path, nargs="+", metavar="NOTEBOOK", help="or a folder")
    marks.add_argument("--limit", type=seconds, metavar="SECONDS", help="that one cell may take")


def seconds(text: str) -> int:
    """A positive whole number.

    Raises:
        ArgumentTypeError: the text says something else.
    """
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def run(arguments: argparse.Namespace) -> None:
    """Do what was asked.

    Raises:
        ValueError: files are out of date, or a notebook fails.
        OSError: a path leads to nothing.
    """
    if arguments.action in ("build", "solutions"):
        require_clone(arguments.action)
    if arguments.action == "build":
        check_generated() if arguments.check else build_generated()
    elif arguments.action == "solutions":
        build_solutions(arguments.folder)
    elif arguments.action == "run":
        run_notebook(arguments.notebook, arguments.figures)
    else:
        mark_notebooks(arguments.notebooks, arguments.limit)


def build_generated() -> None:
    """Write what is out of date and print its paths."""
    from minillm.course import build

    for path in build.build():
        print(path)
    for path in build.without_source():
        print(f"{path} has no source and is left alone", file=sys.stderr)


def check_generated() -> None:
    """Print the paths of what is out of date, or that nothing is.

    Raises:
        ValueError: there is something.
    """
    from minillm.course import build

    wrong = build.out_of_date()
    for path in wrong:
        print(path)
    if wrong:
        raise ValueError(f"out of date: {len(wrong)} of the generated files, see above")
    print("everything that is generated is up to date")


def build_solutions(folder: Path) -> None:
    """Write the teacher's notebooks and print their paths."""
    from minillm.course import notebooks

    for path in notebooks.build_solutions(folder):
        print(path)


def run_notebook(path: Path, figures: Path | None) -> None:
    """Execute one notebook and print what it printed."""
    from minillm.course.execute import execute

    with tempfile.TemporaryDirectory() as folder:
        print(execute(path, figures or Path(folder)), end="")


def mark_notebooks(paths: list[Path], limit: int | None) -> None:
    """Print the table of marks, whatever the marks are."""
    from minillm.course.marking import notebooks_in, table

    for row in table(notebooks_in(paths), limit):
        print(row, flush=True)
