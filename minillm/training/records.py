"""The record of a run: one JSON object a line, the configuration first."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from minillm.backend import naming, write_atomically
from minillm.backend.surroundings import surroundings


class RunRecord:
    """Appends what happened to a file that stays readable if the run is killed.

    Line 1 holds the configuration, the versions, the kernels in force, the processor and in a git
    checkout the commit, as they were when the run began; each further line one event such as
    ``{"stage": "pretrain", "step": 7, "loss": 3.1}``, or
    ``{"stage": "pretrain", "step": 8, "fault": "..."}`` where a fault stopped the run.

    Guide: 7.2.2 (G57).
    """

    def __init__(self, path: str | Path, configuration: dict[str, Any], *events: Mapping[str, Any]):
        self.path, self.events = Path(path), len(events)
        head = to_line({"configuration": configuration, **surroundings()})
        lines = [head, *map(to_line, events)]
        write_atomically(self.path, "".join(lines).encode())  # an earlier record may stand there

    @classmethod
    def resume(cls, path: str | Path, *, n_events: int) -> RunRecord:
        """Continue a record after its first ``n_events`` events; what came later is run again.

        Raises:
            ValueError: the file has fewer events, or a damaged line among them.
        """
        record = cls.__new__(cls)
        record.path, record.events = Path(path), n_events
        lines = whole_lines(record.path)
        if len(lines) < n_events + 1:
            raise ValueError(f"{path}: {len(lines)} whole lines, expected {n_events + 1}")
        kept = lines[: n_events + 1]
        parsed(path, kept)
        os.truncate(record.path, sum(len(line) + 1 for line in kept))
        return record

    def append(self, **event: Any) -> None:
        """Write one event and push it out of the process."""
        with naming(self.path), open(self.path, "a", encoding="utf-8") as file:
            file.write(to_line(event))
        self.events += 1


def read_record(path: str | Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first line and the list of events; a last line that was cut off by a crash is left out.

    Raises:
        ValueError: a damaged line, with its number, or no whole line at all.
    """
    events = parsed(path, whole_lines(path))
    if not events:
        raise ValueError(f"{path}: an empty record")
    return events[0], events[1:]


def held_out_losses(events: Iterable[Mapping[str, Any]]) -> dict[int, float]:
    """The held-out losses among the events of one stage, by how many updates had been made."""
    return {e["step"] + 1: e["held_out_loss"] for e in events if "held_out_loss" in e}


def whole_lines(path: str | Path) -> list[bytes]:
    """The lines that were written to their end.

    Bytes, because a crash may cut a character in two, and because text would also be split at
    the separators U+0085 and U+2028, which JSON leaves as they are.
    """
    return Path(path).read_bytes().split(b"\n")[:-1]


def parsed(path: str | Path, lines: list[bytes]) -> list[dict[str, Any]]:
    """The JSON objects of ``lines``.

    Raises:
        ValueError: a damaged line, with its number.
    """
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            events.append(json.loads(line.decode("utf-8")))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: not JSON: {error}") from error
    return events


def to_line(event: Mapping[str, Any]) -> str:
    """One line of JSON; NumPy numbers become Python's."""
    return json.dumps(event, ensure_ascii=False, default=lambda number: number.item()) + "\n"
