"""Running a notebook in a fresh kernel: each in a process of its own, as its users run it."""

import json
import subprocess
import sys

import nbformat
import pytest

GLYPH = """
import io
from matplotlib.figure import Figure
figure = Figure()
figure.suptitle("\u7532")
figure.savefig(io.BytesIO())
"""


def finished(tmp_path, code, budget=10):
    """``python -m minillm.course execute`` on a notebook of one cell."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code, id="only")],
        metadata={"minillm": {"budget_s": budget}},
    )
    path = tmp_path / "one.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    command = [sys.executable, "-m", "minillm.course", "execute", str(path)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)


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
    ],
    ids=["error", "warning", "glyph", "network"],
)
def test_a_notebook_that_fails_is_reported(tmp_path, code, complaint):
    run = finished(tmp_path, code)
    assert run.returncode == 1 and complaint in run.stderr


def test_a_cell_that_takes_three_times_the_budget_is_stopped(tmp_path):
    run = finished(tmp_path, "import time; time.sleep(100)", budget=1)
    assert run.returncode == 1 and "timed out" in run.stderr
