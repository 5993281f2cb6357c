"""Running a notebook in a fresh kernel: each in a process of its own, as its users run it."""

import json
import os
import subprocess
import sys

import nbformat
import pytest

from minillm.__main__ import main

GLYPH = """
import io
from matplotlib.figure import Figure
figure = Figure()
figure.suptitle("\u7532")
figure.savefig(io.BytesIO())
"""


def one_cell(code, **head):
    """A notebook of one cell, with ``head`` under ``minillm``."""
    cells = [nbformat.v4.new_code_cell(code, id="only")]
    return json.dumps(nbformat.v4.new_notebook(cells=cells, metadata={"minillm": head}))


def executed(tmp_path, text, **environment):
    """``python -m minillm course run`` on a file with this text."""
    path = tmp_path / "one.ipynb"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "minillm", "course", "run", str(path)]
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def finished(tmp_path, code, budget=10):
    return executed(tmp_path, one_cell(code, budget_s=budget))


def test_what_cells_print_is_printed(tmp_path):
    run = finished(tmp_path, "print(6 * 7)")
    assert (run.returncode, run.stdout, run.stderr) == (0, "42\n", "")


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("raise RuntimeError('planted')", "RuntimeError"),
        ("import warnings; warnings.warn('planted')", "a cell wrote to stderr"),
        (GLYPH, "missing from font"),
        ("import socket; socket.create_connection(('localhost', 9))", "a lesson needs no network"),
        ("import os; os._exit(3)", "one.ipynb: Kernel died"),
    ],
    ids=["error", "warning", "glyph", "network", "death"],
)
def test_a_notebook_that_fails_is_reported(tmp_path, code, complaint):
    run = finished(tmp_path, code)
    assert run.returncode == 1 and complaint in run.stderr
    assert "minillm/__main__.py" not in run.stderr


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "{}", one_cell("1"), one_cell("1", budget_s="ten"), one_cell("1", budget_s=0)],
    ids=["empty", "text", "dict", "no budget", "no number", "nothing"],
)
def test_what_is_no_lesson_is_refused_in_a_line(tmp_path, capsys, text):
    path = tmp_path / "one.ipynb"
    path.write_text(text, encoding="utf-8")
    assert main(["course", "run", str(path)]) == 1
    said = capsys.readouterr().err
    assert (
        said.startswith(f"minillm course: {path} is not a notebook of a lesson: ")
        and said.count("\n") == 1
    )


def test_a_deep_folder_for_temporary_files_is_no_obstacle(tmp_path):
    """A path of more than about 100 characters is too long for a private socket."""
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    run = executed(tmp_path, one_cell("print(6 * 7)", budget_s=10), TMPDIR=str(deep))
    assert (run.returncode, run.stdout) == (0, "42\n"), run.stderr


def test_what_a_terminal_cannot_show_is_no_error(tmp_path):
    text = one_cell("print('05.1  \u2713')", budget_s=10)
    run = executed(tmp_path, text, PYTHONIOENCODING="ascii")
    assert (run.returncode, run.stderr) == (0, "") and run.stdout == "05.1  \\u2713\n"


def test_a_cell_that_takes_three_times_the_budget_is_stopped(tmp_path):
    run = finished(tmp_path, "import time; time.sleep(100)", budget=1)
    assert run.returncode == 1 and "timed out" in run.stderr
