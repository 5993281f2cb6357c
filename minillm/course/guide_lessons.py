"""Where lessons treat the guide: which of their sections name a section or a statement of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from minillm.course.lesson_tables import read_lessons

HEAD = re.compile(r"^# +guide: \[(.*)\]$", re.MULTILINE)
PROSE = re.compile(
    r'^# %% \[markdown\] lang="en"\n((?:#(?! %%).*\n|\n(?=#(?! %%)))*)', re.MULTILINE
)
HEADING = re.compile(r"^# ## (\d+) .*$", re.MULTILINE)
APART = re.compile(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", re.DOTALL)  # code and formulas
NAME = re.compile(r"(?<![\w.,=-])(?:A\d+|\d+\.\d(?:\.\d)?)(?!\.?\w)(?! *%)")


@dataclass(frozen=True)
class LessonPlaces:
    """A lesson, the sections of the guide that it treats, and where it names what."""

    stem: str
    title: dict[str, str]
    guide: list[str]
    named: dict[str, list[int]]  # "A28" or "3.1" -> sections of the lesson

    @property
    def number(self) -> str:
        """The first part of its file's name."""
        return self.stem.partition("_")[0]

    def sections_that_name(self, names: Iterable[str]) -> list[int]:
        """Sections of the lesson that name one of them."""
        return sorted({section for name in names for section in self.named.get(name, [])})


def read_places(lessons: Path) -> list[LessonPlaces]:
    """All lessons of a folder."""
    titles = {lesson.lesson: lesson.title for lesson in read_lessons()}
    found = []
    for path in sorted((lessons / "src").glob("*.py")):
        source, stem = path.read_text(encoding="utf-8"), path.stem
        title = titles.get(stem, {"en": stem, "zh": stem})
        guide = guide_of(source)
        found.append(LessonPlaces(stem, title, guide, named_in(source, guide)))
    return found


def guide_of(source: str) -> list[str]:
    """The sections of the guide in the head of a lesson."""
    head = HEAD.search(source)
    return re.findall(r"[\d.]+", head[1]) if head else []


def named_in(source: str, guide: list[str]) -> dict[str, list[int]]:
    """Statements, and sections out of ``guide``, with the sections of the lesson that name them.

    The English prose is read; a number in a formula or in code is no section of the guide.
    """
    prose = "\n\n".join(match[1] for match in PROSE.finditer(source))
    found: dict[str, list[int]] = {}
    parts = HEADING.split(APART.sub("", prose))  # text, number, text, number, text, ...
    for number, text in zip(parts[1::2], parts[2::2], strict=True):
        for name in dict.fromkeys(NAME.findall(text)):
            if name.startswith("A") or name in guide:
                found.setdefault(name, []).append(int(number))
    return found
