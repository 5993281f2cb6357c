"""How long a run has taken, in a file of its own.

The record of a run is the same to the bit whenever it is made again; times never are.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from minillm.backend import naming, write_atomically
from minillm.training.records import parsed, to_line, whole_lines


class RunTimes:
    """Writes a line now and then: when this process began with the run, and how far it is.

    ``{"began": "2026-03-01T08:00:00+00:00", "stage": "pretrain", "step": 99, "seconds": 12.5}``:
    the seconds are those since ``began``.  A run that is resumed has lines of several processes.
    Where several ``ranks`` made it together, their number stands there, too.

    Guide: 7.2.2 (G57).
    """

    def __init__(self, path: Path, *, resume: bool, ranks: int = 1):
        self.path, self.goes_on = path, resume
        self.together = {"ranks": ranks} if ranks > 1 else {}
        self.began = datetime.now(UTC).isoformat(timespec="microseconds")
        self.start = time.perf_counter()

    def note(self, stage: str, step: int) -> None:
        """The update ``step`` of a stage is done."""
        seconds = round(time.perf_counter() - self.start, 3)
        told = {"began": self.began, "stage": stage, "step": step, "seconds": seconds}
        line = to_line(told | self.together)
        if self.goes_on:
            with naming(self.path), open(self.path, "a", encoding="utf-8") as file:
                file.write(line)
        else:
            write_atomically(self.path, line.encode())
        self.goes_on = True


class Taken(NamedTuple):
    """The time of a run, and in how many processes it was made."""

    began: str
    seconds: float
    processes: int


def read_times(path: Path) -> Taken | None:
    """What the lines say together; ``None`` where there are none, as beside older records.

    Raises:
        ValueError: a damaged line, with its number.
    """
    if not path.is_file():
        return None
    last: dict[str, float] = {}
    for line in parsed(path, whole_lines(path)):
        last[require(path, line, "began", str)] = require(path, line, "seconds", int | float)
    return Taken(min(last), sum(last.values()), len(last)) if last else None


def require(path: Path, line: Any, name: str, kind: Any) -> Any:
    """An entry of a line.

    Raises:
        ValueError: it is not there, or is something else.
    """
    if not isinstance(line, dict) or not isinstance(line.get(name), kind):
        raise ValueError(f"{path}: not the times of a run: a line without {name!r}")
    return line[name]
