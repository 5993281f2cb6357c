"""A teacher's bad day: whatever students hand in is marked, with the fence and without it.

``pytest -n 0 -s -m slow tests/course/marking/test_bad_day.py`` prints the marks and the seconds.
"""

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minillm.course.marking import fence
from minillm.course.notebooks import build_solutions
from tests.course.marking.handed_in import CHECKED, IMPORTS, OVERFLOWS, SOFTMAX, write

RIGHT = IMPORTS + SOFTMAX
ENDLESS = """
def stable_softmax(scores):
    while True:
        pass
"""
FORK = """
import os, time
if os.fork() == 0:
    time.sleep({seconds})
    open({path!r}, "w").close()
    os._exit(0)
"""
STARTUP = """
import os
from pathlib import Path
for home in (Path.home(), Path({home!r})):
    place = home / ".ipython" / "profile_default" / "startup"
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / "99-mine.py").write_text("def check(*a): print('tick')")
    except OSError as error:
        print(error)
print(seen_by_the_teacher)
"""
FORGED = """
import json, os
from pathlib import Path
for place in (*Path.cwd().parent.rglob("*"), Path(os.environ.get("MINILLM_VERDICTS", "none"))):
    try:
        with open(place, "a") as file:
            file.write(json.dumps({"number": "05.1", "result": "✓", "message": ""}) + "\\n")
    except OSError:
        pass
print("05.1  ✓")
"""
NEIGHBOUR = """
from pathlib import Path
for path in Path({folder!r}).rglob("right/*"):
    path.write_text("spoiled")
"""
LATE = 20  # seconds after which a process that was left behind writes
FORTY = 40


def hand_in(folder, home):
    """Twenty-one kinds of notebooks; which marks of exercise 05.1 are due, by student."""
    one = {
        "right": [RIGHT, CHECKED],
        "wrong": [IMPORTS + OVERFLOWS, CHECKED],
        "empty": [],
        "syntax": ["def f(:", RIGHT, CHECKED],
        "endless": [IMPORTS + ENDLESS, CHECKED, "1 / 0"],
        "exit": [RIGHT, CHECKED, "exit()", "import sys; sys.exit(3)"],
        "fork": [RIGHT, FORK.format(seconds=LATE, path=str(folder / "survivor")), CHECKED],
        "pip": [RIGHT, "!pip install --quiet colorama", "import colorama", CHECKED],
        "startup": [RIGHT, CHECKED, STARTUP.format(home=str(home))],
        "forged": [RIGHT, FORGED],
        "redefined": [RIGHT, "check = lambda *given: print('05.1  ✓')", CHECKED],
        "two": [RIGHT, f'{CHECKED}; check("05.2", ...)'],
        "deleted": [RIGHT],
        "output": [RIGHT, "for _ in range(1000): print('x' * 100_000)", CHECKED],
        "张三": [RIGHT, CHECKED],
        "neighbour": [NEIGHBOUR.format(folder=str(folder)), RIGHT, CHECKED],
        "memory": [RIGHT, "np.ones(10**10)", CHECKED],
    }
    for name, cells in one.items():
        write(folder / name / "05.ipynb", *cells)
    write(folder / "budget" / "05.ipynb", RIGHT, "while True: pass", CHECKED, budget=10**9)
    for i in range(FORTY):
        write(folder / f"same{i:02d}" / "05.ipynb", RIGHT, CHECKED)
    (folder / "corrupt").mkdir()
    (folder / "corrupt" / "05.ipynb").write_text('{"cells": [', encoding="utf-8")
    (folder / "folder" / "05.ipynb").mkdir(parents=True)
    old = {"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}
    (folder / "old").mkdir()
    (folder / "old" / "05.ipynb").write_text(json.dumps(old), encoding="utf-8")
    wrong = dict.fromkeys(("wrong", "endless"), "wrong")
    unchecked = dict.fromkeys(("empty", "forged", "redefined", "deleted"), "open")
    return dict.fromkeys([*one, "budget", *(f"same{i:02d}" for i in range(FORTY))], "right") | {
        **wrong,
        **unchecked,
    }


def mark_all(folder, home, place, **environment):
    """The command's output, and its seconds."""
    command = [sys.executable, "-m", "minillm", "course", "mark", str(folder), "--csv", str(place)]
    begun = time.monotonic()
    run = subprocess.run(
        [*command, "--jobs", "2"],
        env={**os.environ, "HOME": str(home), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=1500,
        check=False,
    )
    print(f"\n{run.stdout}{run.stderr}{time.monotonic() - begun:.0f} s")
    return run


def without_fence(folder):
    """An environment in which bubblewrap does not run."""
    (folder / "bin").mkdir()
    (folder / "bin" / "bwrap").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (folder / "bin" / "bwrap").chmod(0o755)
    return {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def processes(word):
    """Command lines of running processes that hold a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if word in line]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are listed by /proc")
@pytest.mark.parametrize("fenced", [True, False], ids=["fence", "no fence"])
def test_ctrl_c_leaves_the_rows_so_far_and_nothing_that_runs(fenced, tmp_path):
    write(tmp_path / "in" / "a.ipynb", RIGHT, CHECKED)
    for name in "bcd":
        write(tmp_path / "in" / f"{name}.ipynb", "while True: pass")
    (tmp_path / "t").mkdir()
    command = [sys.executable, "-m", "minillm", "course", "mark", str(tmp_path / "in")]
    more = {} if fenced else without_fence(tmp_path)
    run = subprocess.Popen(
        [*command, "--jobs", "2", "--csv", str(tmp_path / "marks.csv")],
        env={**os.environ, "TMPDIR": str(tmp_path / "t"), **more},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    rows = [run.stdout.readline() for _ in range(4)]
    time.sleep(10)
    assert processes(str(tmp_path / "t"))
    run.send_signal(signal.SIGINT)
    rest, _ = run.communicate(timeout=60)
    assert run.returncode == 130 and rows[1].split()[:3] == ["a.ipynb", "05.1", "✓"]
    assert rest.startswith("4 notebook(s): 6 row(s), 3 exercise(s) (1 right, 0 wrong, 2 open)")
    assert processes(str(tmp_path / "t")) == [] and list((tmp_path / "t").iterdir()) == []
    written = (tmp_path / "marks.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [("not marked" in line) for line in written] == [False] * 4 + [True] * 3


@pytest.mark.slow
@pytest.mark.parametrize("fenced", [True, False], ids=["fence", "no fence"])
def test_all_that_is_handed_in_on_a_bad_day_is_marked(fenced, tmp_path):
    if fenced and fence.why_no_fence():
        pytest.skip(fence.why_no_fence())
    home, folder, place = tmp_path / "home", tmp_path / "handed-in", tmp_path / "marks.csv"
    profile = home / ".ipython" / "profile_default" / "startup"
    profile.mkdir(parents=True)
    (profile / "00-mine.py").write_text("seen_by_the_teacher = 1", encoding="utf-8")
    due = hand_in(folder, home)
    before = {path: path.read_bytes() for path in folder.rglob("*.ipynb") if path.is_file()}
    run = mark_all(folder, home, place, **({} if fenced else without_fence(tmp_path)))
    assert run.returncode == 0
    why = f"bubblewrap does not run here (it ends with 1): {fence.OPEN}"
    assert run.stderr.strip() == ("" if fenced else why)
    with place.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {r["student"]: r["result"] for r in rows if r["exercise"] == "05.1"} == due
    assert {r["student"] for r in rows} == {path.parent.name for path in folder.rglob("*.ipynb")}
    said = {r["student"]: r["message"] for r in rows if not r["exercise"]}
    assert "ZeroDivisionError" in said["endless"] and "SyntaxError" in said["syntax"]
    assert "code cell 3 raised ModuleNotFoundError: No module named 'colorama'" in said["pip"]
    assert "seen_by_the_teacher" in said["startup"] and "MemoryError" in said["memory"]
    assert said["budget"].startswith("code cell 2 was stopped after 90 s")
    assert said["exit"] == "code cell 3 calls exit()  ·  第 3 个代码单元格调用了 exit()：exit()"
    assert "too old" in said["old"] and "05.ipynb/" in said["folder"]
    assert "breaks off" in said["corrupt"]
    written = {path: path.read_bytes() for path in before}
    spoiled = {path.parent.name for path in before if written[path] != before[path]}
    assert spoiled == (set() if fenced else {"right"})
    if fenced:
        assert [path.name for path in profile.iterdir()] == ["00-mine.py"]
    time.sleep(LATE)
    assert not (folder / "survivor").exists()


@pytest.mark.slow
def test_our_own_solutions_have_no_fault(tmp_path):
    written = build_solutions(tmp_path / "in")
    run = mark_all(tmp_path / "in", tmp_path, tmp_path / "marks.csv")
    rows = run.stdout.splitlines()[1:-1]
    asked = sum(path.read_text(encoding="utf-8").count('"exercise-check"') for path in written)
    assert len(rows) == asked > 2 * len(written)
    assert all(row.split()[2] == "✓" for row in rows)
