"""What students hand in: each notebook run from top to bottom, its exercise checks read.

``python -m minillm course mark NOTEBOOK...`` prints a row for each exercise.  It goes on after a
wrong answer, a cell that raises, hangs or kills the kernel, and a file that is not a notebook.
It writes nothing; what a notebook writes into its working directory is thrown away.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from minillm.course.execute import OFFLINE, PATIENCE, first_line, private_sockets
from minillm.course.exercises import lesson_checks
from minillm.course.marks import Mark, marks_of
from minillm.course.places import PROJECT
from minillm.course.verdicts import FILE, WRONG, read_verdicts
from minillm.text.terminal import display_width

BUDGET, LONGEST = 30, 600  # seconds: of a notebook that names none, and the most it may name
MOST = 1_000_000  # characters kept of what a cell prints: the last ones
GRACE = 5  # seconds for a cell to end after it was interrupted


def notebooks_in(paths: list[Path]) -> list[Path]:
    """The files among ``paths``, and the notebooks of each folder among them.

    Raises:
        FileNotFoundError: a path does not exist, or a folder has no notebook.
    """
    found = []
    for path in paths:
        inside = sorted(path.glob("*.ipynb")) if path.is_dir() else [path]
        if not inside or not path.exists():
            what = "holds no notebook" if path.is_dir() else "does not exist"
            raise FileNotFoundError(f"{path} {what}")
        found += inside
    return found


def mark(path: Path, limit: int | None = None) -> list[Mark]:
    """The marks of one file; a cell that takes longer than ``limit`` seconds is interrupted.

    Without a limit a cell may take three times the budget of its lesson, as in ``execute``.
    """
    try:
        notebook, lesson, budget = read_notebook(path)
    except Exception as error:  # whatever a file holds, the others must still be marked
        return [Mark(path.name, "", WRONG, f"not a notebook: {first_line(error)}")]
    limit = limit or PATIENCE * budget
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        told_in = Path(folder) / "verdicts.jsonl"
        end = asyncio.run(run_cells(notebook, limit, told_in))
        verdicts = read_verdicts(told_in)
    return marks_of(path.name, notebook, expected(lesson), limit, end, verdicts)


def read_notebook(path: Path) -> tuple[Any, Any, int]:
    """The notebook at ``path`` without outputs, a first cell added; its lesson and its budget.

    Raises:
        ValueError: a cell has no text; many other errors where it is not a notebook at all.
    """
    import nbformat

    written = json.loads(path.read_text(encoding="utf-8"))
    if written.get("nbformat_minor", 0) >= 5:
        for number, cell in enumerate(written["cells"]):
            cell.setdefault("id", f"cell-{number}")  # some editors write none
    notebook = nbformat.reads(json.dumps(written), as_version=4)
    for cell in notebook.cells:
        if not isinstance(cell.source, str):
            raise ValueError("a cell has no text")
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.update(execution_count=None, outputs=[])
    notebook.cells.insert(0, nbformat.v4.new_code_cell(OFFLINE))  # so that others count from 1
    about = notebook.metadata.get("minillm", {})
    budget = about.get("budget_s")
    known = isinstance(budget, int) and 0 < budget <= LONGEST
    return notebook, about.get("lesson"), budget if known else BUDGET


def expected(lesson: Any) -> list[str]:
    """Numbers of the exercises of a lesson, as its notebook's metadata names it (5, "c1")."""
    name = f"{lesson:02d}" if isinstance(lesson, int) else str(lesson)
    try:
        return list(lesson_checks(name)) if re.fullmatch(r"\w+", name) else []
    except KeyError:
        return []


async def run_cells(notebook: Any, limit: int, told_in: Path) -> tuple[int, str]:
    """Run all cells offline in a fresh kernel; number and fault of the cell that ended it early.

    What checks find is told in the file ``told_in``.  A cell over the limit is interrupted, and
    the next one runs.  One that goes on all the same, or kills the kernel, is the last.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    quiet = logging.getLogger(f"{__name__}.kernel")
    quiet.disabled = True
    options: dict[str, Any] = {
        "kernel_name": "python3",
        "timeout": limit,
        "interrupt_on_timeout": True,
        "allow_errors": True,
        "shutdown_kernel": "immediate",
        "log": quiet,
    }
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
        places = {FILE: str(told_in), "MINILLM_FIGURES": folder, "PYTHONPATH": path}
        options["config"] = private_sockets(Path(folder))
        client = NotebookClient(notebook, resources={"metadata": {"path": folder}}, **options)
        client.output = keep_the_end(client.output)  # type: ignore[method-assign]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        async with client.async_setup_kernel(env={**os.environ, **places}, **silent):
            for index, cell in enumerate(notebook.cells):
                start = time.monotonic()
                try:
                    run = client.async_execute_cell(cell, index)
                    await asyncio.wait_for(run, limit + GRACE)
                except (DeadKernelError, TimeoutError):
                    slow = time.monotonic() - start > limit
                    return index, f"did not stop after {limit} s" if slow else "killed the kernel"
    return len(notebook.cells), ""


def keep_the_end(take: Callable[..., Any]) -> Callable[..., Any]:
    """``take`` adds a message to a cell's outputs; now old text goes when there is too much."""

    def take_and_forget(outputs: list[Any], *message: Any) -> Any:
        taken = take(outputs, *message)
        if sum(len(output.get("text", "")) for output in outputs) > MOST:
            for output in outputs[:-1]:
                output.update({"text": ""} if "text" in output else {})
        return taken

    return take_and_forget


def table(paths: list[Path], limit: int | None = None) -> Iterator[str]:
    """Head and rows, each as soon as its file is marked."""
    wide = max(display_width(path.name) for path in paths)
    yield f"{padded('file', wide)}  exercise  result  seconds  what it says"
    for path in paths:
        for entry in mark(path, limit):
            seconds = "" if entry.seconds is None else f"{entry.seconds:.1f}"
            cells = f"{entry.exercise:8}  {entry.result:6}  {seconds:>7}  {entry.message}"
            yield f"{padded(entry.file, wide)}  {cells}".rstrip()


def padded(text: str, wide: int) -> str:
    """``text`` with blanks up to ``wide`` columns."""
    return text + " " * (wide - display_width(text))
