"""What became of each feature of the guide: its code, its lesson, its tests, what is missing.

A function says in its docstring to which feature it belongs (``guide_lines``), a test by its marker
``@pytest.mark.guide("G25")``.  An entry with a word under ``open`` is not done.
"""

from __future__ import annotations

from dataclasses import dataclass

from minillm.course.guide_lines import Code, code_of_the_guide
from minillm.course.places import content


@dataclass(frozen=True)
class Entry:
    """One feature of the guide; texts by language."""

    feature: str  # its number, G1 to G66
    sections: str  # of the guide, as "3.1, 4.1.2"
    subjects: dict[str, str]
    lesson: str  # file stem of the lesson that covers it
    open: dict[str, str]  # what is still missing; nothing where it is done
    functions: tuple[Code, ...] = ()  # none only while it is open

    @property
    def subject(self) -> str:
        """In English."""
        return self.subjects["en"]

    @property
    def code(self) -> list[str]:
        """As references: "minillm/text/reading.py: read_lines"."""
        return [f"{one.file}: {one.name}" for one in self.functions]


def read_map(code: list[Code] | None = None) -> list[Entry]:
    """All entries, in the order of their numbers; ``code`` is read where it is not given."""
    code = code_of_the_guide() if code is None else code
    return [
        Entry(
            feature=row["feature"],
            sections=row["sections"],
            subjects=row["subject"],
            lesson=row["lesson"],
            open=row["open"],
            functions=tuple(one for one in code if row["feature"] in one.features),
        )
        for row in content("guide_map")
    ]
