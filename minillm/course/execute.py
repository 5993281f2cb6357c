"""Run a notebook from top to bottom in a fresh kernel, as a reader does with Run All."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

FIRST = """
import socket
def refuse(*names, **more):
    raise OSError(f"a lesson needs no network, but asked for {names[0]}")
socket.getaddrinfo = socket.create_connection = refuse
def leave():
    raise SystemExit("exit() ends the notebook")
get_ipython().ask_exit = leave
"""  # exit() fails in its own cell: the kernel would go on, and end in one of the next
PATIENCE = 3  # times the budget of the lesson


class LessonError(ValueError):
    """A notebook did not run, or complained on stderr."""


def execute(path: Path, figures: Path) -> Any:
    """Run the notebook at ``path`` offline, its figures into ``figures``; it, with outputs.

    Raises:
        LessonError: it is not a notebook of a lesson; a cell raises, takes three times the lesson's
            budget, kills the kernel, or writes to stderr.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook, budget = read_lesson(path)
    limit = PATIENCE * budget
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FIRST))
    environment = {**os.environ, "MINILLM_FIGURES": str(figures.resolve())}
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=limit,
            kernel_name="python3",
            record_timing=False,
            config=private_sockets(Path(folder)),
        )
        try:
            client.execute(env=environment)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise LessonError(f"{path}: {error}") from error
    del notebook.cells[0]
    if complaints := printed(notebook, "stderr"):
        raise LessonError(f"{path}: a cell wrote to stderr: {complaints}")
    return notebook


def read_lesson(path: Path) -> tuple[Any, int]:
    """The notebook at ``path``, and its budget in seconds.

    Raises:
        LessonError: it is not a notebook, or names no budget.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        budget = notebook.metadata.get("minillm", {}).get("budget_s")
        if not isinstance(budget, int) or budget < 1:
            raise ValueError(f"its budget_s must be a whole number of seconds, got {budget!r}")
    except OSError:
        raise
    except Exception as error:  # whatever a file holds
        raise LessonError(f"{path} is not a notebook of a lesson: {first_line(error)}") from error
    return notebook, budget


def first_line(error: object) -> str:
    """The first line of a message, or what kind of error it is where there is none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def private_sockets(folder: Path) -> Any:
    """Settings by which a kernel is spoken to through ``folder`` and opens no port.

    Windows has no such sockets, and elsewhere their names must be short.  Where they cannot be,
    the settings are empty, and ports are opened.
    """
    from traitlets.config import Config
    from zmq import IPC_PATH_MAX_LEN

    name = str(folder / "kernel")  # each socket adds a number
    if os.name == "nt" or len(os.fsencode(f"{name}-999")) > IPC_PATH_MAX_LEN:
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "ip": name}})


def printed(notebook: Any, stream: str) -> str:
    """All text that the cells of a notebook wrote to one stream."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output.get("name") == stream)
