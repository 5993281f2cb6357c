"""Run a notebook from top to bottom in a fresh kernel, as a reader does with Run All."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

OFFLINE = """
import socket
def refuse(*names, **more):
    raise OSError(f"a lesson needs no network, but asked for {names[0]}")
socket.getaddrinfo = socket.create_connection = refuse
"""
PATIENCE = 3  # times the budget of the lesson


class LessonError(Exception):
    """A notebook did not run, or complained on stderr."""


def execute(path: Path, figures: Path) -> str:
    """Run the notebook at ``path`` offline, its figures into ``figures``; what it printed.

    Raises:
        LessonError: a cell raises, takes three times the lesson's budget, or writes to stderr.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    notebook = nbformat.read(path, as_version=4)
    limit = PATIENCE * notebook.metadata["minillm"]["budget_s"]
    notebook.cells.insert(0, nbformat.v4.new_code_cell(OFFLINE))
    environment = {**os.environ, "MINILLM_FIGURES": str(figures.resolve())}
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=limit, kernel_name="python3", config=private_sockets(Path(folder))
        )
        try:
            client.execute(env=environment)
        except (CellExecutionError, CellTimeoutError) as error:
            raise LessonError(f"{path}: {error}") from error
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    complaints = printed(outputs, "stderr")
    if complaints:
        raise LessonError(f"{path}: a cell wrote to stderr: {complaints}")
    return printed(outputs, "stdout")


def private_sockets(folder: Path) -> Any:
    """Settings by which a kernel is spoken to through ``folder`` and opens no port.

    Windows has no such sockets: there the settings are empty, and ports are opened.
    """
    from traitlets.config import Config

    if os.name == "nt":
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "ip": str(folder / "kernel")}})


def printed(outputs: list[Any], stream: str) -> str:
    """All text that cells wrote to one stream."""
    return "".join(output["text"] for output in outputs if output.get("name") == stream)
