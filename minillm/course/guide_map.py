"""Where each part of the guide is: section -> lesson -> module -> test.

The table stands in ``README.md``.  A test is marked ``@pytest.mark.guide("G25")`` with the features
that it shows; an entry with a word under ``open`` is not done, and says what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minillm.course.pages import row
from minillm.course.places import content


@dataclass(frozen=True)
class Entry:
    """One feature of the guide."""

    feature: str  # its number, G1 to G66
    sections: str  # of the guide
    subject: str
    code: list[str]  # "minillm/text/reading.py: read_lines"; nothing only while it is open
    lesson: str = ""  # file stem of the lesson that covers it
    open: str = ""  # what is still missing


def read_map() -> list[Entry]:
    """All entries, in the order of their numbers."""
    return [Entry(**row) for row in content("guide_map")]


def as_table(entries: list[Entry], tests: Mapping[Any, list[str]]) -> str:
    """The map in Markdown: a table of what is there, and a line with what was not begun.

    ``tests`` has the references to tests that are marked with a feature.

    Raises:
        ValueError: an entry would break the table.
    """
    lines = [
        "| guide | feature | lesson | code | tests | state |",
        "|---|---|---|---|---|---|",
    ]
    for entry in (entry for entry in entries if entry.code):
        lesson = f"[{entry.lesson}](lessons/{entry.lesson}.ipynb)" if entry.lesson else "–"
        state = f"open: {entry.open}" if entry.open else "done"
        feature = f"{entry.feature} {entry.subject}"
        references = (links(entry.code), links(tests.get(entry.feature, [])))
        lines.append(row(entry.sections, feature, lesson, *references, state))
    missing = [f"{entry.feature} {entry.subject}" for entry in entries if not entry.code]
    if missing:
        lines += ["", f"Not begun: {'; '.join(missing)}."]
    return "\n".join(lines)


def links(references: list[str]) -> str:
    """Each file once, as a link."""
    files = dict.fromkeys(reference.partition(":")[0] for reference in references)
    return ", ".join(f"[{Path(file).stem}]({file})" for file in files)
