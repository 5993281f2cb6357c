"""Students' notebooks are marked, whatever is in them."""

import asyncio

import pytest

from minillm.course.judge.verdicts import OPEN, RIGHT, WRONG
from minillm.course.marking import running, worker
from minillm.course.marking.marks import NOTE
from minillm.course.marking.worker import Settings, mark
from tests.course.marking.handed_in import (
    CHECKED,
    FOREVER,
    IMPORTS,
    OVERFLOWS,
    SOFTMAX,
    marked,
    messages,
    results,
    write,
)

STUBBORN = """
import time
def stubborn(*given):
    while True:
        try:
            open("begun", "w").close()
            time.sleep(9)
        except BaseException:
            pass
"""
FORGED = """
import json, os
from multiprocessing.connection import Client
key = bytes.fromhex(os.environ["MINILLM_JUDGE_KEY"])
with Client(os.environ["MINILLM_JUDGE"], authkey=key) as line:
    line.send_bytes(json.dumps({"check": "05.3", "answers": ["function"] * 2}).encode())
    line.recv_bytes()
    line.send_bytes(json.dumps({"end": "", "text": "05.3  ✓"}).encode())
"""


@pytest.fixture
def endless(monkeypatch):
    """Cells with a word are limited, all others have minutes: a busy machine stops none of them.

    What is endless writes the file ``begun`` first, and is not interrupted before that.
    """
    run_cell, manager = running.run_cell, running.manager

    def patient(folder, *, fenced):
        made = manager(folder, fenced=fenced)
        interrupt = made.interrupt_kernel

        async def interrupt_what_has_begun():
            while not (folder / "work" / "begun").exists():
                await asyncio.sleep(0.1)
            await interrupt()

        made.interrupt_kernel = interrupt_what_has_begun
        return made

    def limited(word):
        async def run(client, cell, index):
            if word not in cell.source:
                client.timeout = 300
            return await run_cell(client, cell, index)

        monkeypatch.setattr(running, "run_cell", run)
        monkeypatch.setattr(running, "manager", patient)

    return limited


def test_wrong_right_and_endless_answers_are_marked_and_the_marking_goes_on(tmp_path, endless):
    endless("attention_backward)")
    cells = [IMPORTS, OVERFLOWS, CHECKED, FOREVER, 'check("05.2", attention_backward)', "nowhere"]
    cells += [
        SOFTMAX,
        "for n in ['05.1']: (lambda c: c(n, stable_softmax))(check)",
    ]
    marks = marked(write(tmp_path / "a.ipynb", *cells), limit=2)
    assert results(marks) == [("", NOTE), ("05.1", RIGHT), ("05.2", WRONG), ("05.3", OPEN)]
    assert messages(marks) == {
        "": "code cell 6 raised NameError: name 'nowhere' is not defined  ·  "
        "第 6 个代码单元格出错：nowhere",
        "05.1": "",
        "05.2": "code cell 5 was stopped after 2 s  ·  第 5 个代码单元格运行 2 秒后被中止："
        'check("05.2", attention_backward)',
        "05.3": "its check is not in this notebook  ·  笔记本里没有它的 check",
    }
    assert all(entry.file == "a.ipynb" and entry.lesson == "05" for entry in marks)
    assert 0 < marks[1].seconds < 60


def test_several_checks_in_one_cell_are_all_marked(tmp_path):
    line = f'{CHECKED}; check("05.2", ...)\nfor n in ["05.3"]: check(n)'
    marks = marked(write(tmp_path / "a.ipynb", IMPORTS + SOFTMAX, line, OVERFLOWS + CHECKED))
    assert results(marks) == [("05.1", WRONG), ("05.2", OPEN), ("05.3", WRONG)]
    said = messages(marks)
    assert "概率分布" in said["05.1"] or "得到的" in said["05.1"] or "·" in said["05.1"]
    assert said["05.2"].startswith("not answered yet: fill in the cell above")
    assert said["05.3"].startswith("exercise 05.3 needs 2 answers")


@pytest.mark.slow
def test_what_cannot_be_interrupted_is_the_last_that_runs(tmp_path, endless):
    endless("stubborn)")
    cells = [IMPORTS + SOFTMAX + STUBBORN, CHECKED]
    cells += ['check("05.2", stubborn)', 'check("05.3", stubborn, stubborn)']
    marks = marked(write(tmp_path / "a.ipynb", *cells), limit=2)
    assert results(marks) == [("05.1", RIGHT), ("05.2", WRONG), ("05.3", OPEN)]
    assert messages(marks)["05.2"].startswith("code cell 3 did not stop after 2 s")
    assert messages(marks)["05.3"].startswith("not reached: code cell 3 did not stop after 2 s")


def test_a_dead_kernel_a_network_and_a_written_file_do_no_harm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = ["open('here.txt', 'w').close()"]
    cells += ["import socket; socket.create_connection(('localhost', 9))"]
    cells += ["import os; os._exit(3)", f'{IMPORTS}\ncheck("05.1", ...)']
    path = write(tmp_path / "a.ipynb", *cells)
    before = path.read_bytes()
    marks = marked(path)
    assert results(marks) == [("", NOTE), ("05.1", OPEN), ("05.2", OPEN), ("05.3", OPEN)]
    assert messages(marks)[""].startswith("code cell 2 raised OSError: a lesson needs no")
    assert messages(marks)["05.1"].startswith("not reached: code cell 3 killed the kernel  ·")
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == before


def test_a_forged_tick_is_no_mark(tmp_path):
    cells = [IMPORTS + SOFTMAX, "print('05.1  ✓')\nif False:\n    check('05.1', None)"]
    cells += ["check = print\ncheck('05.2', 1)", FORGED]
    marks = marked(write(tmp_path / "a.ipynb", *cells))
    assert [(m.exercise, m.result, m.message) for m in marks[:2]] == [
        ("05.1", OPEN, "its check did not run  ·  它的 check 没有运行"),
        ("05.2", OPEN, "its check did not run  ·  它的 check 没有运行"),
    ]
    assert marks[2].result == WRONG


def test_what_ends_the_cells_early_is_told(tmp_path):
    path = write(tmp_path / "a.ipynb", "import time; time.sleep(30)", "check('05.1', ...)")
    said = messages(marked(path, whole=4))
    assert said[""].startswith("code cell 1 was the last in 4 s")
    assert said["05.1"].startswith("not reached: code cell 1 was the last in 4 s")
    assert said["05.2"].startswith("its check is not in this notebook")


def test_what_is_no_notebook_gets_a_row_that_says_so(tmp_path):
    (tmp_path / "05_a.ipynb").write_text("no JSON", encoding="utf-8")
    (entry,) = mark(tmp_path / "05_a.ipynb", tmp_path, Settings())
    assert (entry.exercise, entry.result, entry.lesson) == ("", NOTE, "05")
    assert entry.message == (
        "not a notebook: it is no JSON from line 1 on  ·  不是笔记本：从第 1 行起不是 JSON"
    )


def test_exit_is_a_fault_of_the_cell_that_calls_it_and_the_others_run(tmp_path):
    cells = [IMPORTS + SOFTMAX, "# at last\nexit()", "1 / 0", CHECKED]
    cells += ["def attention_backward(q, k, v, g):\n    quit()"]
    cells += ['check("05.2", attention_backward)', "import sys; sys.exit()"]
    marks = marked(write(tmp_path / "a.ipynb", *cells))
    assert results(marks) == [("", NOTE), ("05.1", RIGHT), ("05.2", WRONG), ("05.3", OPEN)]
    said = messages(marks)
    assert said[""] == "code cell 2 calls exit()  ·  第 2 个代码单元格调用了 exit()：# at last"
    assert said["05.2"].startswith("attention_backward calls exit(), which ends the notebook")


def test_what_was_deleted_leaves_an_exercise_open_and_is_named(tmp_path):
    cells = ["from minillm.course import check", SOFTMAX, CHECKED, 'check("05.2", deleted)']
    marks = marked(write(tmp_path / "a.ipynb", *cells))
    assert results(marks) == [("05.1", OPEN), ("05.2", OPEN), ("05.3", OPEN)]
    said = messages(marks)
    assert "does not define np (" in said["05.1"] and "没有定义 deleted" in said["05.2"]
    marks = marked(write(tmp_path / "b.ipynb", *cells[1:]))
    assert results(marks) == [("05.1", OPEN), ("05.2", OPEN), ("05.3", OPEN)]
    assert "does not define check" in messages(marks)["05.1"]


def test_an_answer_whose_cell_fails_is_wrong_and_its_fault_told(tmp_path):
    cells = [IMPORTS, SOFTMAX.replace("(scores):", "(scores)"), CHECKED]
    cells += ["exit()\ndef attention_backward(q, k, v, g):\n    return q, k, v"]
    cells += ['check("05.2", attention_backward)']
    marks = marked(write(tmp_path / "a.ipynb", *cells))
    assert results(marks)[1:] == [("05.1", WRONG), ("05.2", WRONG), ("05.3", OPEN)]
    said = messages(marks)
    assert said["05.1"].startswith("code cell 2 raised SyntaxError: ")
    assert said["05.2"].startswith("code cell 4 calls exit()  ·  ")


def test_of_two_checks_of_one_exercise_the_last_counts(tmp_path):
    cells = [IMPORTS + SOFTMAX, CHECKED, OVERFLOWS, CHECKED]
    assert marked(write(tmp_path / "a.ipynb", *cells))[0].result == WRONG
    cells = [IMPORTS + OVERFLOWS, CHECKED, SOFTMAX, CHECKED]
    assert marked(write(tmp_path / "b.ipynb", *cells))[0].result == RIGHT


@pytest.mark.parametrize(
    ("budget", "limit", "allowed"),
    [(15, None, 45), (15, 7, 7), (10**9, None, 90), ("x", None, 90), (True, None, 90)],
)
def test_a_cell_may_take_three_times_a_sensible_budget_unless_it_is_told(
    budget, limit, allowed, tmp_path, monkeypatch
):
    limits = []

    async def run_cells(notebook, folder, environment, *, limit, whole, fenced):
        limits.append(limit)
        return len(notebook.cells), None

    monkeypatch.setattr(worker, "run_cells", run_cells)
    mark(write(tmp_path / "a.ipynb", budget=budget), tmp_path, Settings(limit))
    assert limits == [allowed]


@pytest.mark.parametrize(
    ("lesson", "named"),
    [(None, "c1"), (98, "98"), ("../05", "../05"), ({"a": 1}, "{'a': 1}")],
)
def test_a_notebook_without_exercises_gets_a_row_too(lesson, named, tmp_path, monkeypatch):
    async def run_cells(notebook, *given, **more):
        return len(notebook.cells), None

    monkeypatch.setattr(worker, "run_cells", run_cells)
    (entry,) = mark(write(tmp_path / "c1_a.ipynb", lesson=lesson), tmp_path, Settings())
    said = "no exercise in this notebook" + (f", and lesson {named} is unknown" if lesson else "")
    assert (entry.exercise, entry.result, entry.lesson) == ("", NOTE, named)
    assert entry.message.split("  ·  ")[0] == said


def test_a_kernel_that_does_not_start_is_no_students_fault(tmp_path, monkeypatch):
    monkeypatch.setattr("minillm.course.marking.running.LAUNCH", ["python", "-c", "1 / 0"])
    marks = marked(write(tmp_path / "a.ipynb", CHECKED))
    assert {entry.result for entry in marks} == {NOTE, OPEN}
    assert marks[0].message.startswith("the kernel did not start: ")
