"""Where each part of the guide is: section -> lesson -> module -> test.

``python -m minillm.course.guide_map`` writes the table into ``README.md``.  A test follows every
reference; an entry with a word under ``open`` is not done, and says what is missing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from minillm.course.build import write
from minillm.course.lesson import PROJECT
from minillm.course.pages import row

ROWS = Path(__file__).with_name("guide_map.json")
BEGIN, END = "<!-- guide map: begin -->", "<!-- guide map: end -->"


@dataclass(frozen=True)
class Entry:
    """One feature of the guide."""

    feature: str  # its number, G1 to G66
    sections: str  # of the guide
    subject: str
    code: list[str]  # "minillm/text/reading.py: read_lines"; nothing only while it is open
    tests: list[str]  # "tests/text/test_reading.py: test_..."
    lesson: str = ""  # file stem of the lesson that covers it
    open: str = ""  # what is still missing


def read_map(path: Path = ROWS) -> list[Entry]:
    """All entries, in the order of their numbers."""
    return [Entry(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def as_table(entries: list[Entry]) -> str:
    """The map in Markdown: a table of what is there, and a line with what was not begun.

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
        references = (links(entry.code), links(entry.tests))
        lines.append(row(entry.sections, feature, lesson, *references, state))
    missing = [f"{entry.feature} {entry.subject}" for entry in entries if not entry.code]
    if missing:
        lines += ["", f"Not begun: {'; '.join(missing)}."]
    return "\n".join(lines)


def links(references: list[str]) -> str:
    """Each file once, as a link."""
    files = dict.fromkeys(reference.partition(":")[0] for reference in references)
    return ", ".join(f"[{Path(file).stem}]({file})" for file in files)


def with_table(readme: str, table: str) -> str:
    """The README with its table replaced.

    Raises:
        ValueError: the two marks are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main() -> None:
    """Write the table into the README."""
    path = PROJECT / "README.md"
    write(path, with_table(path.read_text(encoding="utf-8"), as_table(read_map())))


if __name__ == "__main__":
    main()
