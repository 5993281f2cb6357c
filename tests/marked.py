"""What a table of numbered rows demands of the markers that bear the numbers of its rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from minillm.course.markers import Mark


def complaints(kind: str, rows: Mapping[Any, bool], marks: Iterable[Mark]) -> list[str]:
    """Rows that need a test of the default run and lack it, and markers of rows that do not exist.

    ``rows`` says of every row whether it needs one.
    """
    ours = [mark for mark in marks if mark.kind == kind]
    shown = {mark.value for mark in ours if mark.always}
    bare = [f"{kind} {row!r}: no test" for row, needs in rows.items() if needs and row not in shown]
    lost = [
        f"{kind} {mark.value!r}: no row, {mark.test}" for mark in ours if mark.value not in rows
    ]
    return bare + lost
