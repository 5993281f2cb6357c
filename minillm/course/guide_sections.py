"""Everything that is known of a section of the guide, from the places where it is written.

What the guide says there and the formula are in ``content/guide_sections.json``; the rows of the
map, the errata, the reading list, the docstrings, the tests' markers and the lessons give the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from minillm.backend.clone import in_a_clone
from minillm.course.errata import Erratum, read_errata
from minillm.course.guide_lessons import LessonPlaces, read_places
from minillm.course.guide_lines import Code, code_of_the_guide
from minillm.course.guide_map import Entry, read_map
from minillm.course.markers import marks
from minillm.course.pages import Cited, read_reading
from minillm.course.places import PROJECT, content

WORDS = content("guide_sections")["words"]


@dataclass(frozen=True)
class Section:
    """A section of the guide; texts by language."""

    number: str  # "4.1.2"; "title" and "abstract" are sections too
    title: dict[str, str]
    says: dict[str, str]  # what the guide says there, in our words
    formula: list[str]  # as it should be, LaTeX
    parts: list[dict[str, str]]  # what it has headings without numbers for
    right: list[str]  # numbers of the statements that hold as they stand
    later: list[str]  # numbers of those that are not in the errata yet
    without: str  # why it has no code: one of WORDS["no code"]


@dataclass(frozen=True)
class Guide:
    """The guide's sections and all that belongs to them."""

    sections: list[Section]
    entries: list[Entry]
    code: list[Code]
    errata: list[Erratum]
    cited: list[Cited]
    tests: Mapping[Any, list[str]]  # of a row "G16" or a statement "A47"; none without a clone
    lessons: list[LessonPlaces]  # none without a clone
    in_clone: bool

    def code_of(self, section: Section) -> list[Code]:
        """Functions and classes that name the section; title and abstract have those of rows."""
        numbered = section.number[0].isdigit()
        rows = set() if numbered else {entry.feature for entry in self.entries_of(section)}
        return [
            one
            for one in self.code
            if section.number in one.sections or not rows.isdisjoint(one.features)
        ]

    def entries_of(self, section: Section) -> list[Entry]:
        """Rows of the map that name the section."""
        return [entry for entry in self.entries if section.number in numbers(entry.sections)]

    def errata_of(self, section: Section) -> list[Erratum]:
        """Statements of the section that do not hold as they stand."""
        return [row for row in self.errata if section.number in numbers(row.section)]

    def cited_of(self, section: Section) -> list[Cited]:
        """What the section recommends."""
        return [entry for entry in self.cited if section.number in numbers(entry.section)]

    def rows_of(self, section: Section) -> list[tuple[Entry, list[Code]]]:
        """Rows of the section, each with its code there.

        Code that names the section and none of its rows brings a row of its own.
        """
        rows = {entry.feature for entry in self.entries_of(section)}
        code = self.code_of(section)
        rows.update(*(one.features for one in code if rows.isdisjoint(one.features)))
        return [
            (entry, [one for one in code if entry.feature in one.features])
            for entry in self.entries
            if entry.feature in rows
        ]

    def tests_of(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Names of the tests of rows and statements under their files, each once."""
        found: dict[str, list[str]] = {}
        for reference in dict.fromkeys(test for name in names for test in self.tests.get(name, [])):
            file, _, test = reference.partition(": ")
            found.setdefault(file, []).append(test)
        return dict(sorted(found.items()))

    def below(self, section: Section) -> list[Section]:
        """The sections one level deeper."""
        one_deeper = re.compile(rf"{re.escape(section.number)}\.\d+")
        return [other for other in self.sections if one_deeper.fullmatch(other.number)]

    def inside(self, section: Section) -> list[Section]:
        """The sections of all deeper levels."""
        return [other for other in self.sections if other.number.startswith(f"{section.number}.")]

    def without_code(self, section: Section) -> str:
        """Why a section has no code; that of the subsections is referred to if there is any."""
        if section.without == "below" and not any(map(self.code_of, self.inside(section))):
            return "not begun"
        return section.without

    def statements_of(self, section: Section) -> list[str]:
        """Numbers of all statements of the section, whatever became of them."""
        checked = [row.number for row in self.errata_of(section)]
        checked += [entry.row for entry in self.cited_of(section)]
        return sorted({*checked, *section.right, *section.later}, key=lambda name: int(name[1:]))

    def lessons_of(self, section: Section) -> list[tuple[LessonPlaces, list[int]]]:
        """Lessons that treat the section, and in which of their sections they name it.

        Where a lesson names neither the section nor a statement of it, the section above counts.
        """
        stems = {entry.lesson for entry in self.entries_of(section)}
        stems |= {row.lesson for row in self.errata_of(section)}
        names = {section.number, *self.statements_of(section)}
        above = {section.number.rpartition(".")[0]}
        return [
            (lesson, lesson.sections_that_name(names) or lesson.sections_that_name(above))
            for lesson in self.lessons
            if lesson.stem in stems or section.number in lesson.guide
        ]


@cache
def numbers(sections: str) -> tuple[str, ...]:
    """ "7.3.1, 10 [2]" -> ("7.3.1", "10")."""
    return tuple(part.partition(" [")[0] for part in sections.split(", "))


def read_sections() -> list[Section]:
    """All sections, in the guide's order."""
    return [Section(**row) for row in content("guide_sections")["sections"]]


def read_guide(project: Path = PROJECT) -> Guide:
    """Everything; tests and lessons are those of a clone, where there is one."""
    here, code = project != PROJECT or in_a_clone(), code_of_the_guide()
    tests: dict[Any, list[str]] = {}
    for mark in marks(project) if here else ():
        tests.setdefault(mark.value, []).append(mark.test)
    return Guide(
        sections=read_sections(),
        entries=read_map(code),
        code=code,
        errata=read_errata(),
        cited=read_reading()[1],
        tests=tests,
        lessons=read_places(project / "lessons") if here else [],
        in_clone=here,
    )


def state_of(entry: Entry, language: str) -> str:
    """Whether a row is done, and else what is missing."""
    if not entry.open:
        return WORDS["done"][language]
    if not entry.functions:
        return entry.open[language]
    return WORDS["open"][language].format(entry.open[language])
