"""``course``: make what is generated, outputs, solutions; run a notebook, mark students."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from minillm.backend.clone import require_clone
from minillm.commands import marking


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The six actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = actions.add_parser("build", help="write notebooks, pages, the README's map, the diagram")
    make.add_argument("--check", action="store_true", help="only list what is out of date; exit 1")
    shown = actions.add_parser("outputs", help="run the notebooks whose code changed, keep outputs")
    shown.add_argument("lessons", nargs="*", metavar="LESSON", help="also these, such as 05")
    teacher = actions.add_parser("solutions", help="write the notebooks with solutions")
    teacher.add_argument("folder", type=Path, metavar="DIR")
    trained = actions.add_parser("assets", help="train the models that lessons load once more")
    trained.add_argument("names", nargs="*", metavar="NAME", help="such as bert; default: all")
    one = actions.add_parser("run", help="run a notebook from top to bottom, offline")
    one.add_argument("notebook", type=Path)
    one.add_argument("--figures", type=Path, metavar="DIR", help="default: thrown away")
    one.add_argument("--save", type=Path, metavar="FILE", help="the notebook with its outputs")
    marking.add_arguments(
        actions.add_parser("mark", help="run students' notebooks; a row for each exercise")
    )


def run(arguments: argparse.Namespace) -> None:
    """Do what was asked.

    Raises:
        ValueError: files are out of date, or a notebook fails.
        OSError: a path leads to nothing.
    """
    if arguments.action in ("build", "outputs", "solutions", "assets"):
        require_clone(arguments.action)
    if arguments.action == "build":
        check_generated() if arguments.check else build_generated()
    elif arguments.action == "outputs":
        make_outputs(arguments.lessons)
    elif arguments.action == "solutions":
        build_solutions(arguments.folder)
    elif arguments.action == "assets":
        make_assets(arguments.names)
    elif arguments.action == "run":
        run_notebook(arguments.notebook, arguments.figures, arguments.save)
    else:
        marking.run(arguments)


def build_generated() -> None:
    """Write what is out of date and print its paths."""
    from minillm.course import build, outputs

    for path in build.build():
        print(path)
    for path in build.without_source():
        print(f"{path} has no source and is left alone", file=sys.stderr)
    if late := outputs.outdated():
        print(f"{len(late)} notebooks show outputs of other code: course outputs", file=sys.stderr)


def check_generated() -> None:
    """Print the paths of what is out of date, or that nothing is.

    Raises:
        ValueError: there is something.
    """
    from minillm.course import build, outputs

    wrong = build.out_of_date()
    for path in wrong:
        print(path)
    if wrong:
        raise ValueError(f"out of date: {len(wrong)} of the generated files, see above")
    if late := outputs.outdated():
        names = ", ".join(map(str, late))
        raise ValueError(f"outputs of other code in {names}: run course outputs")
    print("everything that is generated is up to date")


def make_outputs(lessons: list[str]) -> None:
    """Execute what needs it, with the seconds of each."""
    from minillm.course import outputs

    start = time.monotonic()
    for path in outputs.make(lessons):
        print(f"{path}  {time.monotonic() - start:.0f} s", flush=True)
        start = time.monotonic()


def build_solutions(folder: Path) -> None:
    """Write the teacher's notebooks and print their paths."""
    from minillm.course import notebooks

    for path in notebooks.build_solutions(folder):
        print(path)


def make_assets(names: list[str]) -> None:
    """Train each model and print its file, with its loss.

    Raises:
        ValueError: there is no model of one of the names; nothing is trained.
    """
    from minillm.course import assets

    wanted = names or list(assets.MAKERS)
    assets.require_makers(wanted)
    for name in wanted:
        path = assets.make(name)
        print(f"{path}  held-out loss {assets.stored_loss(name):.4f} nats", flush=True)


def run_notebook(path: Path, figures: Path | None, saved: Path | None) -> None:
    """Execute one notebook and print what it printed."""
    import nbformat

    from minillm.course.execute import execute, printed

    with tempfile.TemporaryDirectory() as folder:
        notebook = execute(path, figures or Path(folder))
    if saved:
        nbformat.write(notebook, saved)
    print(printed(notebook, "stdout"), end="")
