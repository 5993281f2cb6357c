"""The tables of lessons: what each is about, for readers; goal, needs and hours, for teachers."""

from __future__ import annotations

from dataclasses import dataclass

from minillm.course.pages import row
from minillm.course.places import content

WORDS = content("pages")["lessons"]


@dataclass(frozen=True)
class Lesson:
    """What the tables say of a lesson; texts by language."""

    lesson: str  # file stem
    title: dict[str, str]
    goal: dict[str, str]
    needs: list[str]  # numbers of lessons
    in_class: str  # hours, estimated
    at_home: str

    @property
    def number(self) -> str:
        """The first part of its file's name."""
        return self.lesson.partition("_")[0]


def read_lessons() -> list[Lesson]:
    """All lessons, in order."""
    return [Lesson(**entry) for entry in content("lessons")]


def overview(lessons: list[Lesson]) -> str:
    """The table of both READMEs: a lesson a row, its notebooks under their titles."""
    lines = ["| | English | 中文 |", "|---|---|---|"]
    for one in lessons:
        english = f"[{one.title['en']}](lessons/{one.lesson}.ipynb)"
        chinese = f"[{one.title['zh']}](lessons/zh/{one.lesson}.ipynb)"
        lines.append(row(one.number, english, chinese))
    return "\n".join(lines)


def plan(lessons: list[Lesson], language: str) -> str:
    """The syllabus's table, whose page lies beside the notebooks."""
    lines = [WORDS["plan"][language], "|---|---|---|---|---|---|"]
    for one in lessons:
        link = f"[{one.title[language]}]({one.lesson}.ipynb)"
        needs = WORDS["comma"][language].join(one.needs) or "–"
        hours = [WORDS["hours"][language].format(h) for h in (one.in_class, one.at_home)]
        lines.append(row(one.number, link, one.goal[language], needs, *hours))
    return "\n".join(lines)
