"""``course``: make what is generated, write solutions, run a notebook, mark students' notebooks."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from minillm.backend.clone import require_clone
from minillm.commands import marking


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
    marking.add_arguments(
        actions.add_parser("mark", help="run students' notebooks; a row for each exercise")
    )


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
        marking.run(arguments)


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
