"""The lessons' command line: ``python -m minillm.course build | execute | mark``."""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from minillm.course.build import LESSONS, build, build_solutions, different, without_source
from minillm.course.execute import LessonError, execute


def parser() -> argparse.ArgumentParser:
    """The three commands and their options."""
    top = argparse.ArgumentParser(prog="python -m minillm.course", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="write the notebooks of lessons/src")
    make.add_argument("--check", action="store_true", help="only name those that differ; exit 1")
    make.add_argument("--solutions", type=Path, metavar="DIR", help="write the teacher's there")
    make.add_argument("--lessons", type=Path, default=LESSONS, help="default: %(default)s")
    run = commands.add_parser("execute", help="run a notebook from top to bottom, offline")
    run.add_argument("notebook", type=Path)
    run.add_argument("--figures", type=Path, metavar="DIR", help="default: thrown away")
    marks = commands.add_parser("mark", help="run students' notebooks; a row for each exercise")
    marks.add_argument("notebooks", type=Path, nargs="+", metavar="NOTEBOOK", help="or a folder")
    marks.add_argument("--limit", type=seconds, metavar="SECONDS", help="that one cell may take")
    return top


def seconds(text: str) -> int:
    """A positive whole number.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 notebooks differ or fail, 2 wrong options."""
    options = parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a redirected one may know no check mark
        sys.stdout.reconfigure(errors="backslashreplace")
    if options.command == "execute":
        return run_notebook(options.notebook, options.figures)
    if options.command == "mark":
        return mark_notebooks(options.notebooks, options.limit)
    try:
        return build_notebooks(options)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2


def build_notebooks(options: argparse.Namespace) -> int:
    """Print what was written, or with ``--check`` which files differ.

    Raises:
        FileNotFoundError: the folder of the lessons holds no source.
    """
    if options.check:
        wrong = different(options.lessons)
        for path in wrong:
            print(f"{path} is not what its source gives", file=sys.stderr)
        return 1 if wrong else 0
    if options.solutions is not None:
        paths = build_solutions(options.solutions, options.lessons)
    else:
        paths = build(options.lessons)
        for path in without_source(options.lessons):
            print(f"{path} has no source and is left alone", file=sys.stderr)
    for path in paths:
        print(path)
    return 0


def run_notebook(path: Path, figures: Path | None) -> int:
    """Execute one notebook and print what it printed."""
    try:
        if figures is not None:
            print(execute(path, figures), end="")
            return 0
        with tempfile.TemporaryDirectory() as folder:
            print(execute(path, Path(folder)), end="")
    except (LessonError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def mark_notebooks(paths: list[Path], limit: int | None) -> int:
    """Print the table of marks; 2 where a path leads to nothing, whatever the marks are 0."""
    from minillm.course.marking import notebooks_in, table

    try:
        found = notebooks_in(paths)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    for row in table(found, limit):
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
