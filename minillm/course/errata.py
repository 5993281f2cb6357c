"""Where the guide is wrong: every statement of its sections 1 to 4, 5.2, 5.3 and 6 to be checked.

Of section 8 there are the statements that have a lesson.

The rows become ``lessons/errata.md`` and ``lessons/zh/errata.md``.  Where a number decides, a test
evaluates what the guide says beside what is right: it is marked ``@pytest.mark.errata("A59")``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from minillm.course.markers import marked
from minillm.course.places import FOLDERS, PROJECT, content

PAGE = content("pages")["errata"]  # its words in both languages, and what the guide has right


@dataclass(frozen=True)
class Erratum:
    """One statement of the guide that does not hold as it stands."""

    number: str  # "A28"
    section: str  # of the guide, the first one first: "3.1, 3.3"
    verdict: str  # one of PAGE["verdicts"]
    states: dict[str, str]  # what the guide says, in our words, by language
    correct: dict[str, str]  # what is right
    source: str  # papers and their sections, the same in both languages
    lesson: str = ""  # file stem of the lesson that treats it
    why: str = ""  # why no test is marked with its number: one of PAGE["reasons"]


def read_errata() -> list[Erratum]:
    """All rows, in the order of their numbers."""
    return [Erratum(**row) for row in content("errata")]


def as_page(errata: list[Erratum], tests: Mapping[Any, list[str]], language: str) -> str:
    """The page in Markdown: introduction with counts, sections in the guide's order, references.

    ``tests`` has the references to tests that are marked with the number of a row.
    """
    introduction = PAGE["introduction"][language].format(
        scope=len(errata) + len(PAGE["right"]),
        right=len(PAGE["right"]),
        listed=PAGE["words"]["comma"][language].join(PAGE["right"]),
        rows=len(errata),
        tested=sum(row.number in tests for row in errata),
    )
    parts = [f"# {PAGE['title'][language]}", introduction]
    order = list(PAGE["sections"])
    by_section = sorted(errata, key=lambda row: order.index(first_section(row)))
    for section, rows in groupby(by_section, key=first_section):
        parts.append(f"## {PAGE['sections'][section][language]}")
        for row in rows:
            parts.append(f'<a id="{anchor(row.number)}"></a>')
            parts.append(as_entry(row, tests.get(row.number, []), language))
    parts.append(f"## {PAGE['words']['references'][language]}")
    parts.append("\n".join(f"* {reference}" for reference in PAGE["references"]))
    return "\n\n".join(parts) + "\n"


def anchor(number: str) -> str:
    """The name under which a link finds a row on the page."""
    return number.lower()


def first_section(row: Erratum) -> str:
    """The section under which a row stands."""
    return row.section.partition(",")[0]


def as_entry(row: Erratum, tests: list[str], language: str) -> str:
    """One statement: what the guide says, what is right, and where to look."""
    words = {key: word[language] for key, word in PAGE["words"].items()}
    further = row.section.split(", ")[1:]
    note = words["section"].format(words["comma"].join(further)) if further else ""
    lines = [
        f"### {row.number} · {PAGE['verdicts'][row.verdict][language]}{note}",
        "",
        *(f"* **{head}**{words['colon']}{text}" for head, text in facts(row, tests, language)),
    ]
    return "\n".join(lines)


def facts(row: Erratum, tests: list[str], language: str) -> Iterator[tuple[str, str]]:
    """Heading and text of each line of an entry."""
    words = {key: word[language] for key, word in PAGE["words"].items()}
    up = "../" * (1 + len(FOLDERS[language].parts))
    yield words["states"], row.states[language]
    yield words["correct"], row.correct[language]
    if row.source:
        yield words["source"], row.source
    if tests:
        files = dict.fromkeys(reference.partition(":")[0] for reference in tests)
        links = (f"[{Path(file).parent.name}/{Path(file).stem}]({up}{file})" for file in files)
        yield words["tests"], words["comma"].join(links)
    elif row.why:
        yield words["no test"], PAGE["reasons"][row.why][language]
    if row.lesson:
        yield words["lesson"], f"[{row.lesson}]({row.lesson}.ipynb)"


def pages(project: Path = PROJECT) -> Iterator[tuple[Path, str]]:
    """Path and text of the page in each language."""
    errata, tests = read_errata(), marked("errata", project)
    for language, folder in FOLDERS.items():
        yield project / "lessons" / folder / "errata.md", as_page(errata, tests, language)
