"""``minillm course mark``: what it prints, writes and refuses."""

import csv
import subprocess
import sys

import nbformat
import pytest

from minillm.commands import marking
from minillm.course.judge.verdicts import OPEN, RIGHT
from minillm.course.marking.marks import NOTE, Mark

RIGHT_CELLS = """
import numpy as np
from minillm.course import check
def stable_softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
check("05.1", stable_softmax)
"""


def test_the_command_prints_a_table_writes_it_and_ends_well_whatever_the_marks_are(tmp_path):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(RIGHT_CELLS)], metadata={"minillm": {"lesson": 5}}
    )
    (tmp_path / "张三").mkdir()
    (tmp_path / "张三" / "05.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    (tmp_path / "x.ipynb").write_text("broken", encoding="utf-8")
    (tmp_path / "李四").mkdir()
    place = tmp_path / "marks.csv"
    command = [sys.executable, "-m", "minillm", "course", "mark", str(tmp_path), "--csv", place]
    run = subprocess.run(
        [*command, "--jobs", "2"], capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    lines = [line.split(maxsplit=3) for line in run.stdout.splitlines()]
    assert run.returncode == 0 and run.stderr in ("", f"{marking_open()}\n")
    assert lines[0][0] == "file"
    assert lines[1][:2] == ["x.ipynb", NOTE] and "not a notebook" in run.stdout
    assert lines[5][:2] == ["李四/", NOTE] and "the folder is empty" in run.stdout
    rows = [["05.1", RIGHT], ["05.2", OPEN], ["05.3", OPEN]]
    assert [line[:3] for line in lines[2:5]] == [["张三/05.ipynb", *cells] for cells in rows]
    assert run.stdout.splitlines()[-1] == (
        "2 notebook(s) and 1 folder(s) without one: 5 row(s), "
        "3 exercise(s) (1 right, 0 wrong, 2 open) and 2 note(s)"
    )
    written = place.read_text(encoding="utf-8-sig").splitlines()
    assert written[2] == "张三,张三/05.ipynb,05,05.1,right," and len(written) == 6


def test_ctrl_c_writes_what_is_done_and_says_what_is_not(tmp_path, monkeypatch, call):
    for name in ("a.ipynb", "05_b.ipynb"):
        (tmp_path / name).touch()

    def stopped(self, paths):
        second = paths[1]
        self.done[second] = [Mark(second.name, "05.1", RIGHT, lesson="05")]
        yield self.done[second]
        raise KeyboardInterrupt

    monkeypatch.setattr("minillm.course.marking.crew.Crew.marks", stopped)
    result = call("course", "mark", tmp_path, "--csv", tmp_path / "marks.csv")
    assert result.code == 130 and "stopped: 1 of 2 hand-ins are not marked" in result.err
    with (tmp_path / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    why = "not marked: the marking was stopped before  ·  未批改：批改中途停止"
    assert rows == [
        ["05_b", "05_b.ipynb", "05", "", "note", why],
        ["a", "a.ipynb", "05", "05.1", "right", ""],
    ]
    assert result.out.splitlines()[-1].startswith("2 notebook(s): 2 row(s), 1 exercise(s)")


def marking_open():
    from minillm.course.marking import fence

    return f"{fence.why_no_fence()}: {fence.OPEN}"


@pytest.mark.parametrize(
    ("arguments", "expected", "complaint"),
    [
        (["nowhere.ipynb"], 1, "nowhere.ipynb does not exist"),
        (["empty"], 1, "empty holds no notebook"),
        (["a.ipynb", "--csv", "empty"], 1, "empty"),
        (["a.ipynb", "--csv", "new/marks.csv"], 1, "there is no folder new; make it first"),
        (["05.py"], 1, "05.py is no notebook: give files that end in .ipynb, or folders"),
        (["a.ipynb", "--csv", "a.ipynb"], 1, "a.ipynb: marks are not written over a notebook"),
        ([], 2, "required: NOTEBOOK"),
        (["empty", "--limit", "0"], 2, "'0' is not a positive whole number"),
        (["empty", "--jobs", "x"], 2, "'x' is not a positive whole number"),
    ],
)
def test_bad_usage_is_refused_before_anything_runs(
    arguments, expected, complaint, tmp_path, monkeypatch, call
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.ipynb").touch()
    (tmp_path / "05.py").touch()
    result = call("course", "mark", *arguments)
    assert result.code == expected and complaint in result.err and result.out == ""


@pytest.mark.parametrize("module", marking.NEEDED)
def test_what_is_not_installed_is_no_students_fault(module, tmp_path, monkeypatch, call):
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "a.ipynb").touch()
    result = call("course", "mark", str(tmp_path))
    assert (result.code, result.out) == (2, "")
    assert f"needs {module}" in result.err and "pip install -e '.[course]'" in result.err


def test_the_help_says_which_of_two_checks_counts(call):
    assert "of two checks of one exercise the last counts" in call("course", "mark", "--help").out
