"""``labs matrix``: all remedies beside all labs, as a picture, as JSON, and counted."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically
from minillm.backend.files import require_folder
from minillm.commands.matrix_overview import draw_overview
from minillm.commands.matrix_picture import Cells, draw_matrix
from minillm.commands.tables import table
from minillm.labs.matrix import HALVES, Entry, matrix
from minillm.labs.remedy_kinds import KINDS
from minillm.labs.stored import STORED
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED

NAME = "remedies"


def write_matrix(
    out: Path, halves: Mapping[str, Sequence[str]] = HALVES, folder: Path = STORED
) -> str:
    """Write both pictures and their numbers; the counts of both halves and the paths, as text.

    Raises:
        FileNotFoundError, ValueError: as ``matrix``.
        OSError: as ``require_folder``, before anything is drawn.
    """
    require_folder(out)
    cells = matrix([name for names in halves.values() for name in names], folder)
    out.mkdir(parents=True, exist_ok=True)
    pictures = {NAME: draw_matrix, f"{NAME}_overview": draw_overview}
    paths = [out / f"{name}.svg" for name in pictures]
    for path, draw in zip(paths, pictures.values(), strict=True):
        write_atomically(path, svg(draw(cells, halves)))
    numbers = out / f"{NAME}.json"
    write_atomically(numbers, ("[\n" + ",\n".join(lines_of(cells)) + "\n]\n").encode())
    tables = [f"{half}\n{counted(cells, names)}" for half, names in halves.items() if names]
    return "\n\n".join([*tables, "\n".join(map(str, [*paths, numbers]))])


def svg(figure: Any) -> bytes:
    """The picture, its words as text; the same figure gives the same file."""
    import matplotlib

    drawn = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": NAME, "svg.fonttype": "none"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": "minillm"})
    return drawn.getvalue()


def lines_of(cells: Cells) -> list[str]:
    """Every cell as JSON: what a verdict says, or why there is none."""
    found = []
    for (kind, lab), cell in cells.items():
        if isinstance(cell, str):
            found.append(json.dumps({"lab": lab, "kind": kind, "untried": cell}))
        else:
            found += [json.dumps(as_entry(one)) for one in cell]
    return found


def as_entry(entry: Entry) -> dict[str, object]:
    """A verdict with all that belongs to it."""
    parts = entry._asdict()
    return parts | asdict(parts.pop("verdict"))


def counted(cells: Cells, labs: Sequence[str]) -> str:
    """How many verdicts of each kind of remedy are of each word."""
    words = (HELPS, HARMS, NOTHING, UNDECIDED)
    rows = []
    for kind in KINDS:
        found = [
            entry.verdict.word
            for lab in labs
            for entry in cells[kind, lab]
            if not isinstance(entry, str)
        ]
        rows.append([kind, *(str(found.count(word)) for word in words), str(len(found))])
    return table(["remedy of 9.3", *words, "of"], rows)
