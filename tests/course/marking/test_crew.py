"""Several workers at a time: rows in order, and no worker that outlives its crew."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minillm.course.marking import crew
from minillm.course.marking.crew import Crew
from minillm.course.marking.marks import NOTE
from minillm.course.marking.worker import Settings

PRETEND = """
import json, sys, time, threading, os
job = json.loads(sys.stdin.readline())
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
name = os.path.basename(job["path"])
seconds, _, kind = name.partition("-")
time.sleep(float(seconds))
if kind == "dies":
    print("MemoryError", flush=True)
    os._exit(9)
print("noise")
print(json.dumps([{"file": name, "exercise": "05.1", "result": "✓"}]))
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(autouse=True)
def pretended(monkeypatch):
    monkeypatch.setattr(crew, "WORKER", [sys.executable, "-c", PRETEND])


def test_marks_come_in_order_and_a_dead_worker_is_told():
    paths = [Path(name) for name in ("1.5-slow", "0-quick", "0-dies", "0.1-last")]
    marks = [entries[0] for entries in Crew(Settings(), 3).marks(paths)]
    assert [entry.file for entry in marks] == [path.name for path in paths]
    told = "could not be marked: MemoryError  ·  无法批改：MemoryError"
    assert (marks[2].result, marks[2].message) == (NOTE, told)


def test_all_files_are_read_before_the_first_is_run(tmp_path, monkeypatch):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    team, held = Crew(Settings(), 1), []

    def one(path, data):
        held.append(data)
        second.write_bytes(b"spoiled")
        return []

    monkeypatch.setattr(team, "one", one)
    assert list(team.marks([first, second, tmp_path])) == [[], [], []]
    assert held == [b"1", b"2", None]


def test_a_folder_without_a_notebook_is_marked_without_a_worker(tmp_path):
    ((entry,),) = Crew(Settings(), 1).marks([tmp_path])
    assert (entry.result, entry.message) == (NOTE, "the folder is empty  ·  文件夹是空的")


def test_what_is_done_when_it_is_stopped_is_kept_and_nothing_else():
    first, slow, quick = Path("0-a"), Path("60-b"), Path("0.1-c")
    team = Crew(Settings(), 2)
    found = team.marks([first, slow, quick])
    next(found)
    while quick not in team.done:
        time.sleep(0.01)
    found.close()
    assert set(team.done) == {first, quick}


def test_when_nobody_wants_the_rest_all_end():
    team = Crew(Settings(), 2)
    found = team.marks([Path("0-a"), *[Path("60-b")] * 5])
    assert next(found)[0].file == "0-a"
    working = list(team.working)
    begun = time.monotonic()
    found.close()
    assert time.monotonic() - begun < 30
    assert working and all(worker.poll() is not None for worker in working)


def test_a_worker_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(crew, "PATIENCE", 1)
    ((entry,),) = Crew(Settings(whole=1), 1).marks([Path("60-late")])
    assert entry.result == NOTE and entry.message.startswith("could not be marked")


def test_a_worker_whose_stdin_ends_goes(tmp_path):
    worker = [sys.executable, "-m", "minillm.course.marking.worker"]
    job = {"path": str(tmp_path), "folder": str(tmp_path), "data": None, "settings": {}}
    run = subprocess.run(
        worker, input=json.dumps(job), capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode in (0, 1)
