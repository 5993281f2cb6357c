"""Pages that are written by hand but for a table: both READMEs and the teachers' syllabus.

A table stands between two lines that name it: ``<!-- lessons: begin -->`` and its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from minillm.course import lesson_tables
from minillm.course.places import FOLDERS, PROJECT


def pages(project: Path = PROJECT) -> Iterator[tuple[Path, str]]:
    """Path and text of each page, its tables as they are now."""
    lessons = lesson_tables.read_lessons()
    for path in (project / "README.md", project / "README.zh.md"):
        text = path.read_text(encoding="utf-8")
        yield path, with_part(path, text, "lessons", lesson_tables.overview(lessons))
    for language, folder in FOLDERS.items():
        path = project / "lessons" / folder / "syllabus.md"
        table = lesson_tables.plan(lessons, language)
        yield path, with_part(path, path.read_text(encoding="utf-8"), "lessons", table)


def with_part(path: Path, text: str, name: str, part: str) -> str:
    """The text of a page with what stands between the two lines of ``name`` replaced.

    Raises:
        ValueError: the two lines are not there.
    """
    first, last = (f"<!-- {name}: {end} -->" for end in ("begin", "end"))
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{path} needs the lines {first} and {last}")
    return f"{before}{begin}\n{part}\n{end}{after}"
