"""What is measured while a model learns, kept beside its run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically


class Curve:
    """Points ``[updates, value, ...]`` in a JSON file, with a description of what they are of.

    A run that is resumed goes on with the curve that it had drawn by then.

    Raises:
        ValueError: that curve is of other data, by the ``sha256`` of its description.
    """

    def __init__(self, file: Path, described: Mapping[str, Any], *, resume: bool):
        self.file, self.described = file, dict(described)
        self.points = list[list[float]]()
        if resume and file.exists():
            kept = json.loads(file.read_text(encoding="utf-8"))
            if kept["sha256"] != self.described["sha256"]:
                raise ValueError(f"{file} is of {kept.get('file', 'other data')}")
            self.points = kept["curve"]

    def add(self, done: int, *values: float) -> None:
        """A point after ``done`` updates; what a run before had measured from there on goes."""
        earlier = [point for point in self.points if point[0] < done]
        self.write([*earlier, [done, *values]])

    def write(self, points: list[list[float]]) -> None:
        """Keep these points, whole or not at all."""
        self.points = points
        text = json.dumps({**self.described, "curve": points}, ensure_ascii=False)
        write_atomically(self.file, text.encode())
