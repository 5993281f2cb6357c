"""Marks as rows of a table, as a line with their sums, and as a file for a spreadsheet."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections import Counter
from pathlib import Path

from minillm.backend.files import require_folder, write_atomically
from minillm.course.judge.verdicts import OPEN, RIGHT, WRONG
from minillm.course.marking.hand_in import students
from minillm.course.marking.marks import NOTE, Mark
from minillm.text.terminal import display_width

COLUMNS = "student", "file", "lesson", "exercise", "result", "message"
WORDS = {RIGHT: "right", WRONG: "wrong", OPEN: "open", NOTE: "note"}
LONGEST, IN_FILE = 300, 2000  # characters of a message
FORMULA = "=+-@\t\r"  # what a spreadsheet would compute


def head(wide: int) -> str:
    """The first line; files take ``wide`` columns."""
    return f"{padded('file', wide)}  exercise  result  check, s  what it says"


def row(entry: Mark, wide: int) -> str:
    """The line of one mark."""
    seconds = "" if entry.seconds is None else f"{entry.seconds:.1f}"
    cells = f"{entry.exercise:8}  {entry.result:6}  {seconds:>8}  {one_line(entry.message)}"
    return f"{padded(one_line(entry.file), wide)}  {cells}".rstrip()


def total(marks: list[Mark]) -> str:
    """How many rows there are, from how many notebooks, and what they say."""
    count = Counter(WORDS[entry.result] for entry in marks)
    files = {entry.file for entry in marks}
    folders = sum(file.endswith("/") for file in files)
    without = f" and {folders} folder(s) without one" if folders else ""
    results = ", ".join(f"{count[WORDS[sign]]} {WORDS[sign]}" for sign in (RIGHT, WRONG, OPEN))
    return (
        f"{len(files) - folders} notebook(s){without}: {len(marks)} row(s), "
        f"{len(marks) - count['note']} exercise(s) ({results}) and {count['note']} note(s)"
    )


def padded(text: str, wide: int) -> str:
    """``text`` with blanks up to ``wide`` columns."""
    return text + " " * (wide - display_width(text))


def one_line(text: str, most: int = LONGEST) -> str:
    """``text`` without signs that move a terminal's cursor, the end of a long one left out."""
    shown = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    return shown if len(shown) <= most else f"{shown[: most - 4]} ..."


def require_writable(path: Path) -> None:
    """Refuse a place for the file before anything is run.

    Raises:
        OSError: there is a folder, its folder is not there, or no file can be made in it.
        ValueError: it is a notebook's place.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.suffix == ".ipynb":
        raise ValueError(f"{path}: marks are not written over a notebook")
    if not path.parent.exists():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}; make it first")
    require_folder(path.parent)


def write_csv(path: Path, marks: list[Mark]) -> None:
    """Write all marks, whole or not at all; spreadsheets tell UTF-8 by its first bytes."""
    whose, text = students(marks), io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for entry in marks:
        result, message = WORDS[entry.result], one_line(entry.message, IN_FILE)
        about = whose[entry.file], entry.file, entry.lesson, entry.exercise
        rows.writerow([as_text(cell) for cell in (*about, result, message)])
    write_atomically(path, text.getvalue().encode("utf-8-sig", "backslashreplace"))


def as_text(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] and cell[0] in FORMULA else cell
