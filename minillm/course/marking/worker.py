"""One notebook, marked in a process of its own: ``python -m minillm.course.marking.worker``.

What to do is a line on stdin; the marks are the last line on stdout.  When stdin ends, whoever
asked has gone, and so does the worker, with its kernel.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import sys
import threading
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

from minillm.course.execute import first_line
from minillm.course.judge.judging import Judge
from minillm.course.judge.words import Both
from minillm.course.marking.marks import Mark, marks_of, note
from minillm.course.marking.notebook import Unreadable, contents, lesson_named, read_notebook
from minillm.course.marking.running import end_processes, run_cells


@dataclass(frozen=True)
class Settings:
    """What one notebook may take, and whether it runs behind the fence."""

    limit: int | None = None  # seconds of a cell; else what its lesson allows
    whole: int = 600  # seconds of all cells
    memory: int = 4  # GB of each process
    fenced: bool = False
    fonts: str = ""  # Matplotlib's list


def mark(path: Path, folder: Path, settings: Settings, data: bytes | None = None) -> list[Mark]:
    """The marks of one file; ``folder`` is for nobody else, and may be thrown away afterwards.

    ``data`` is what the file held, if it was read before.
    """
    try:
        handed_in = read_notebook(contents(path) if data is None else data)
    except Exception as error:  # whatever a file holds, the others must still be marked
        why = error.said if isinstance(error, Unreadable) else Both(*[first_line(error)] * 2)
        said = Both(f"not a notebook: {why.english}", f"不是笔记本：{why.chinese}")
        return [note(path.name, said, lesson_named(path.name))]
    limit = settings.limit or handed_in.limit
    if settings.fonts:
        (folder / "matplotlib").mkdir(exist_ok=True)
        shutil.copy(settings.fonts, folder / "matplotlib")
    with Judge(folder) as judge:
        end = asyncio.run(
            run_cells(
                handed_in.notebook,
                folder,
                judge.environment,
                limit=limit,
                whole=settings.whole,
                fenced=settings.fenced,
            )
        )
        marks = marks_of(path.name, handed_in, limit, end, judge.verdicts)
    lesson = handed_in.lesson or lesson_named(path.name)
    return marks or [note(path.name, handed_in.nothing, lesson)]


def main() -> None:
    """Do the work of one line."""
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_stdin, daemon=True).start()
    warnings.simplefilter("ignore")
    # jsonschema does without it; on import it builds a grammar of web addresses for two seconds
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    settings = Settings(**job["settings"])
    limit_memory(settings.memory)
    data = None if job["data"] is None else base64.b64decode(job["data"])
    marks = mark(Path(job["path"]), Path(job["folder"]), settings, data)
    sys.stdout.write(f"\n{json.dumps([asdict(entry) for entry in marks])}\n")
    sys.stdout.flush()
    os._exit(0)  # whatever threads still do


def end_with_stdin() -> None:
    """Go, when whoever asked has gone."""
    sys.stdin.read()
    end_processes()
    os._exit(1)


def limit_memory(gigabytes: int) -> None:
    """Let this process and each that it starts take no more, where the system can see to that."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        most = gigabytes * 10**9
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
