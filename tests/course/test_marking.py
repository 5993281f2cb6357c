"""Students' notebooks are marked, whatever is in them."""

import json
import subprocess
import sys

import nbformat
import pytest

from minillm.__main__ import main
from minillm.course import marking
from minillm.course.marking import (
    BUDGET,
    LONGEST,
    MOST,
    keep_the_end,
    mark,
    padded,
    read_notebook,
)
from minillm.course.marks import Mark, checks_in, verdict
from minillm.course.verdicts import BEGUN, OPEN, RIGHT, WRONG, Verdict

IMPORTS = "import numpy as np\nfrom minillm.course import check"
SOFTMAX = """
def stable_softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
"""
OVERFLOWS = """
def stable_softmax(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
"""
FOREVER = """
def attention_backward(q, k, v, g):
    while True:
        pass
"""
STUBBORN = """
import time
def stubborn(*given):
    while True:
        try:
            time.sleep(9)
        except BaseException:
            pass
"""


def write(path, *cells, lesson=5, budget=15):
    """A student's notebook of these code cells, as if it had been run before."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell, execution_count=7) for cell in cells],
        metadata={"minillm": {"lesson": lesson, "budget_s": budget}},
    )
    output = nbformat.v4.new_output("stream", name="stdout", text="05.1  ✓\n05.2  ✓\n05.3  ✓\n")
    for cell in notebook.cells:
        cell.outputs = [output]
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


def results(marks):
    return [(entry.exercise, entry.result) for entry in marks]


def messages(marks):
    return {entry.exercise: entry.message for entry in marks}


def test_a_wrong_answer_does_not_stop_the_marking_of_those_after_it(tmp_path):
    cells = [IMPORTS, OVERFLOWS, 'check("05.1", stable_softmax)', "print('05.2  ✓')"]
    cells += ["attention_backward = ...", 'check("05.2", attention_backward)']
    cells += ["nowhere", 'check("05.3", lambda f, x, order: 1 / 0, lambda n, d: np.zeros((n, d)))']
    marks = mark(write(tmp_path / "a.ipynb", *cells))
    assert results(marks) == [("", WRONG), ("05.1", WRONG), ("05.2", OPEN), ("05.3", WRONG)]
    said = messages(marks)
    assert said[""] == "cell 7: NameError: name 'nowhere' is not defined"
    assert said["05.1"].startswith("every row is the right distribution") and "概率" in said["05.1"]
    assert said["05.2"] == "not answered" and "order_gap stops with an error" in said["05.3"]
    assert all(entry.file == "a.ipynb" for entry in marks)
    assert all(0 <= entry.seconds < 60 for entry in marks[1:])


def test_a_right_answer_passes_after_a_loop_without_end_in_another(tmp_path):
    cells = [IMPORTS, FOREVER, 'check("05.2", attention_backward)', "while True: pass"]
    cells += [SOFTMAX, 'check("05.1", stable_softmax)']
    marks = mark(write(tmp_path / "a.ipynb", *cells), limit=10)
    assert results(marks) == [("", WRONG), ("05.1", RIGHT), ("05.2", WRONG), ("05.3", OPEN)]
    assert messages(marks) == {
        "": "cell 4: stopped after 10 s",
        "05.1": "",
        "05.2": "stopped after 10 s",
        "05.3": "its check is not in this notebook",
    }


def test_what_cannot_be_interrupted_is_the_last_that_runs(tmp_path):
    cells = [IMPORTS + SOFTMAX + STUBBORN, 'check("05.1", stable_softmax)']
    cells += ['check("05.2", stubborn)', 'check("05.3", stubborn, stubborn)']
    marks = mark(write(tmp_path / "a.ipynb", *cells), limit=10)
    assert results(marks) == [("05.1", RIGHT), ("05.2", WRONG), ("05.3", OPEN)]
    assert messages(marks)["05.2"] == "did not stop after 10 s"
    assert messages(marks)["05.3"] == "not reached: cell 3 did not stop after 10 s"


def test_a_dead_kernel_a_network_and_a_written_file_do_no_harm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = ["open('here.txt', 'w').close()"]
    cells += ["import socket; socket.create_connection(('localhost', 9))"]
    cells += ["import os; os._exit(3)", f'{IMPORTS}\ncheck("05.1", ...)']
    path = write(tmp_path / "a.ipynb", *cells)
    before = path.read_bytes()
    marks = mark(path)
    assert results(marks) == [("", WRONG), ("05.1", OPEN), ("05.2", OPEN), ("05.3", OPEN)]
    assert messages(marks)[""].startswith("cell 2: OSError: a lesson needs no network")
    assert messages(marks)["05.1"] == "not reached: cell 3 killed the kernel"
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "[]", "{}", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5}', "\ud800"],
    ids=["empty", "text", "list", "dict", "no cells", "no UTF-8"],
)
def test_what_is_no_notebook_gets_a_row_that_says_so(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    (entry,) = mark(path)
    assert (entry.exercise, entry.result) == ("", WRONG)
    assert entry.message.startswith("not a notebook: ") and len(entry.message) > 20


def test_of_a_cell_that_prints_without_end_only_the_end_is_kept():
    kept = keep_the_end(list.append)
    outputs = []
    for part in ("a" * MOST, "b", "c"):
        kept(outputs, nbformat.v4.new_output("stream", name="stdout", text=part))
        assert sum(len(output.get("text", "")) for output in outputs) <= MOST
    kept(outputs, nbformat.v4.new_output("error", ename="E", evalue="e", traceback=[]))
    assert [output.get("text") for output in outputs] == ["", "b", "c", None]


@pytest.mark.parametrize(
    ("budget", "limit", "allowed"),
    [(15, None, 45), (15, 7, 7), (LONGEST + 1, None, 3 * BUDGET), ("x", None, 3 * BUDGET)],
)
def test_a_cell_may_take_three_times_a_sensible_budget_unless_it_is_told(
    budget, limit, allowed, tmp_path, monkeypatch
):
    limits = []

    async def run_cells(notebook, limit, told_in):
        limits.append(limit)
        return len(notebook.cells), ""

    monkeypatch.setattr(marking, "run_cells", run_cells)
    mark(write(tmp_path / "a.ipynb", budget=budget), limit)
    assert limits == [allowed]


@pytest.mark.parametrize("lesson", [None, "../05", 98, {"a": 1}])
def test_a_notebook_without_exercises_gets_a_row_too(tmp_path, lesson):
    path = write(tmp_path / "a.ipynb", lesson=lesson)
    assert mark(path) == [Mark("a.ipynb", "", OPEN, "no exercise in this notebook")]


def test_a_tick_that_a_cell_prints_itself_is_no_mark(tmp_path):
    cells = [IMPORTS + SOFTMAX, "print('05.1  ✓')\nif False:\n    check('05.1', None)"]
    cells += ["print('05.2  ✓')", "check = print\ncheck('05.3', 1)"]
    marks = mark(write(tmp_path / "a.ipynb", *cells))
    assert [(m.exercise, m.result, m.message) for m in marks] == [
        ("05.1", OPEN, "its check did not run"),
        ("05.2", OPEN, "its check is not in this notebook"),
        ("05.3", OPEN, "its check did not run"),
    ]


def test_several_checks_in_one_cell_are_all_marked(tmp_path):
    line = 'check("05.1", stable_softmax); check("05.2", ...)\nfor n in ["05.3"]: check(n, ...)'
    marks = mark(write(tmp_path / "a.ipynb", IMPORTS + SOFTMAX, line))
    assert results(marks) == [("05.1", RIGHT), ("05.2", OPEN), ("05.3", OPEN)]
    assert messages(marks)["05.3"] == "not answered"
    wrong = IMPORTS + OVERFLOWS + 'check("05.1", stable_softmax); check("05.2", ...)'
    marks = mark(write(tmp_path / "b.ipynb", wrong, 'check("05.3")'))
    assert results(marks) == [("05.1", WRONG), ("05.2", OPEN), ("05.3", WRONG)]
    assert messages(marks)["05.2"] == "its check was not reached"
    assert messages(marks)["05.3"].startswith("exercise 05.3 needs 2 answers")


def test_an_exercise_that_is_checked_again_has_its_last_mark(tmp_path):
    cells = [IMPORTS + OVERFLOWS, 'check("05.1", stable_softmax)', SOFTMAX]
    marks = mark(write(tmp_path / "a.ipynb", *cells, 'check("05.1", stable_softmax)'))
    assert results(marks)[0] == ("05.1", RIGHT)


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("check('05.1', f)  # check('05.2', f)", ["05.1"]),
        ("x = 1; check('05.1', f); course.check('05.2', f)", ["05.1", "05.2"]),
        ("%time check('05.1', f)\ncheck('05.2',\n  f)", ["05.2"]),
        ("check(5.1); check('x'); check()", []),
        ("def f(:\ncheck('05.1', f)", ["05.1"]),
    ],
)
def test_the_checks_of_a_cell_are_found_wherever_they_stand(source, numbers):
    assert checks_in(source) == numbers


@pytest.mark.parametrize(
    ("found", "place", "errors", "expected"),
    [
        (Verdict("05.1"), 3, {}, (RIGHT, "")),
        (Verdict("05.1", WRONG, "it is off"), 3, {3: "05.1  ✗  it is off"}, (WRONG, "it is off")),
        (Verdict("05.1", BEGUN), 7, {}, (WRONG, "killed the kernel")),
        (Verdict("05.1", WRONG, "KeyboardInterrupt"), 3, {3: "stopped"}, (WRONG, "stopped")),
        (None, 3, {3: "NameError: f"}, (WRONG, "NameError: f")),
        (None, 3, {3: "05.0  ✗  it is off"}, (OPEN, "its check was not reached")),
        (None, 8, {}, (OPEN, "not reached: cell 7 killed the kernel")),
    ],
)
def test_a_verdict_is_what_the_check_told_or_why_it_told_nothing(found, place, errors, expected):
    assert verdict(found, place, errors, (7, "killed the kernel")) == expected


def test_the_command_prints_a_table_and_ends_well_whatever_the_marks_are(tmp_path):
    write(tmp_path / "right.ipynb", IMPORTS + SOFTMAX, 'check("05.1", stable_softmax)')
    write(tmp_path / "学生.ipynb", IMPORTS, *[f'check("05.{i}", ..., ...)' for i in (1, 2, 3)])
    (tmp_path / "x.ipynb").write_text("broken", encoding="utf-8")
    command = [sys.executable, "-m", "minillm", "course", "mark", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
    lines = [line.split(maxsplit=3) for line in run.stdout.splitlines()]
    assert (run.returncode, run.stderr) == (0, "")
    names = ["right.ipynb", "right.ipynb", "right.ipynb", "x.ipynb", *["学生.ipynb"] * 3]
    assert [line[0] for line in lines] == ["file", *names]
    assert [line[1:3] for line in lines[1:4]] == [["05.1", RIGHT], ["05.2", OPEN], ["05.3", OPEN]]
    assert [line[1:3] for line in lines[5:8]] == [[f"05.{i}", OPEN] for i in (1, 2, 3)]
    assert lines[4][1] == WRONG and "not a notebook" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "expected", "complaint"),
    [
        (["nowhere.ipynb"], 1, "nowhere.ipynb does not exist"),
        (["empty"], 1, "empty holds no notebook"),
        ([], 2, "required: NOTEBOOK"),
        (["empty", "--limit", "0"], 2, "'0' is not a positive whole number"),
    ],
)
def test_bad_usage_is_refused_before_anything_runs(
    arguments, expected, complaint, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    try:
        code = main(["course", "mark", *arguments])
    except SystemExit as end:
        code = end.code
    shown = capsys.readouterr()
    assert code == expected and complaint in shown.err and shown.out == ""


def test_a_chinese_name_takes_two_columns_for_each_character():
    assert padded("张三.ipynb", 12) == "张三.ipynb  " and padded("ab", 3) == "ab "


def test_a_notebook_whose_cells_have_no_ids_is_read_without_a_warning(tmp_path):
    path = tmp_path / "old.ipynb"
    write(path, "1 + 1", "2 + 2")
    given = json.loads(path.read_text(encoding="utf-8"))
    for cell in given["cells"]:
        del cell["id"]
    path.write_text(json.dumps(given), encoding="utf-8")
    notebook, lesson, budget = read_notebook(path)
    assert [cell.source for cell in notebook.cells[1:]] == ["1 + 1", "2 + 2"]
    assert (lesson, budget) == (5, 15)
