"""Several notebooks at a time, each in a worker of its own; marks in the order of the notebooks."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minillm.course.judge.words import Both
from minillm.course.marking.fence import last_line, private_folder, threads
from minillm.course.marking.hand_in import no_notebook
from minillm.course.marking.marks import Mark, note
from minillm.course.marking.notebook import contents, lesson_named
from minillm.course.marking.worker import Settings
from minillm.course.places import PROJECT

WORKER = [sys.executable, "-m", "minillm.course.marking.worker"]
LARGE = 20_000_000  # bytes of a file that is read when its turn comes
PATIENCE = 90  # seconds for a worker to start, and to end after all cells


class Crew:
    """Marks notebooks; ``stop`` ends all that is running; ``done`` has the marks so far."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        self.settings, self.jobs = settings, jobs
        self.lock, self.stopped = threading.Lock(), False
        self.done: dict[Path, list[Mark]] = {}
        self.working: set[subprocess.Popen[str]] = set()

    def marks(self, paths: list[Path]) -> Generator[list[Mark], None, None]:
        """The marks of each notebook, as soon as it and all before it are marked.

        All are read before the first one runs, which could write into the others.
        """
        held = [read_before(path) for path in paths]
        empty = [path for path in paths if path.is_dir()]
        self.done = {path: [note(path.name, no_notebook(path), "")] for path in empty}
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                yield from pool.map(self.one, paths, held)
            finally:
                self.stop()
                pool.shutdown(cancel_futures=True)

    def one(self, path: Path, data: bytes | None) -> list[Mark]:
        """The marks of one notebook, or that its worker died; of a folder, that it has none."""
        if path in self.done:
            return self.done[path]
        with private_folder() as folder:
            job: dict[str, Any] = {"path": str(path.resolve()), "folder": str(folder), "data": None}
            if data is not None:
                job["data"] = base64.b64encode(data).decode()
            code, said = self.told(json.dumps(job | {"settings": asdict(self.settings)}), folder)
        if code == 0:
            marks = [Mark(**entry) for entry in json.loads(last_line(said))]
        else:
            why = last_line(said) or f"its worker ended with {code}"
            told = Both(f"could not be marked: {why}", f"无法批改：{why}")
            marks = [note(path.name, told, lesson_named(path.name))]
        if code == 0 or not self.stopped:
            self.done[path] = marks
        return marks

    def told(self, job: str, folder: Path) -> tuple[int, str]:
        """How a worker ends, and what it says."""
        with self.lock:
            if self.stopped:
                return 1, "stopped"
            worker = started(folder)
            self.working.add(worker)
        late = threading.Timer(self.settings.whole + PATIENCE, let_go, [worker])
        late.start()
        try:
            with contextlib.suppress(OSError):
                say(worker, job)
            said = worker.stdout.read() if worker.stdout else ""
            return worker.wait(), said
        finally:
            late.cancel()
            let_go(worker)
            if worker.stdout:
                worker.stdout.close()
            with self.lock:
                self.working.discard(worker)

    def stop(self) -> None:
        """Let nobody begin, and all end."""
        with self.lock:
            self.stopped = True
            working = list(self.working)
        for worker in working:
            end_stdin(worker)
        for worker in working:
            let_go(worker)


def read_before(path: Path) -> bytes | None:
    """What a file holds, unless that is too much to keep, or it is no file."""
    with contextlib.suppress(OSError, ValueError):
        return contents(path) if path.stat().st_size <= LARGE else None
    return None


def started(folder: Path) -> subprocess.Popen[str]:
    """A worker that Ctrl-C does not reach: it ends when its stdin does."""
    packages = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    apart: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        apart = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return subprocess.Popen(
        WORKER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={**os.environ, **threads(), "PYTHONPATH": packages, "PYTHONUTF8": "1"},
        encoding="utf-8",
        errors="replace",
        **apart,
    )


def say(worker: subprocess.Popen[str], job: str) -> None:
    """Tell a worker what to do."""
    if worker.stdin:
        worker.stdin.write(f"{job}\n")
        worker.stdin.flush()


def let_go(worker: subprocess.Popen[str]) -> None:
    """Have a worker end its kernel and itself; kill it if it does not."""
    end_stdin(worker)
    try:
        worker.wait(timeout=10)
    except subprocess.TimeoutExpired:
        worker.kill()


def end_stdin(worker: subprocess.Popen[str]) -> None:
    """Tell a worker that there is no more to do."""
    with contextlib.suppress(OSError, ValueError):
        if worker.stdin:
            worker.stdin.close()
