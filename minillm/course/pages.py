"""Two pages of the course from their data: the glossary and the corrected reading list.

They become ``lessons/glossary.md`` (both languages at once), and ``lessons/reading.md`` with its
Chinese twin ``lessons/zh/reading.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from minillm.course.places import FOLDERS, PROJECT, content

PAGES = content("pages")  # the words around the rows


@dataclass(frozen=True)
class Term:
    """A word of the field in both languages."""

    en: str
    zh: str
    meaning_en: str
    meaning_zh: str
    guide: str = ""  # what the guide says instead, or that it is missing there
    lesson: str = ""  # file stem of the lesson that teaches it
    module: str = ""  # of the library, where it lives


@dataclass(frozen=True)
class Named:
    """A name in the guide's list of terms, and the term of ours that it means."""

    section: str
    zh: str
    en: str
    term: str  # ``en`` of a Term


@dataclass(frozen=True)
class Work:
    """A book or paper that exists."""

    key: str
    authors: str
    year: int
    title: str
    venue: str
    identifier: str
    sections: list[str]  # of the guide
    lessons: list[str]
    en: str  # what it is good for
    zh: str
    confirmed: bool


@dataclass(frozen=True)
class Cited:
    """An entry of the guide's own list, and what became of it."""

    row: str  # number of the guide's statement
    section: str
    cited: str
    verdict: str
    works: list[str]  # keys of what to read instead
    en: str
    zh: str


@dataclass(frozen=True)
class Glossary:
    """All terms, the guide's own list of terms, and names that no lesson may use as its own."""

    terms: list[Term]
    section_1_4: list[Named]
    wrong_names: list[str]


def read_glossary() -> Glossary:
    """The glossary's data.

    Guide: 1.4 (G66).
    """
    data = content("glossary")
    named = [Named(**row) for row in data["section_1_4"]]
    return Glossary([Term(**row) for row in data["terms"]], named, data["wrong_names"])


def read_reading() -> tuple[list[Work], list[Cited]]:
    """The works, and the guide's own list.

    Guide: 7, 7.1, 7.3, 10 (G65).
    """
    data = content("reading")
    return [Work(**row) for row in data["works"]], [Cited(**row) for row in data["guide"]]


def glossary_page(glossary: Glossary) -> str:
    """Two tables in Markdown: all terms by their English name, and those of the guide's 1.4.

    Guide: 1.4 (G66).
    """
    words = PAGES["glossary"]
    lines = [f"# {words['title']}", "", words["head"], "|---|---|---|---|---|---|"]
    for term in glossary.terms:
        meaning = f"{term.meaning_en}<br>{term.meaning_zh}"
        module = linked_module(term.module) if term.module else ""
        lessons = linked_lessons([term.lesson] if term.lesson else [])
        lines.append(row(term.en, term.zh, meaning, term.guide, lessons, module))
    lines += ["", f"## {words['guide']}", "", words["guide head"], "|---|---|---|---|---|"]
    for named in glossary.section_1_4:
        term = term_named(named.term, glossary.terms)
        lines.append(row(named.section, named.zh, named.en, term.en, term.zh))
    return "\n".join(lines) + "\n"


def reading_page(works: list[Work], cited: list[Cited], language: str) -> str:
    """Two tables in Markdown: what to read, and what became of the guide's list.

    Guide: 7, 7.1, 7.3, 10 (G65).
    """
    words, verdicts = PAGES["reading"][language], PAGES["reading"]["verdicts"]
    lines = [words["title"], "", words["before"], "", words["works"], ""]
    lines += [words["work head"], "|---|---|---|---|---|"]
    for work in works:
        mark = "✓" if work.confirmed else ""
        good_for, lessons = getattr(work, language), linked_lessons(work.lessons)
        lines.append(row(reference(work), ", ".join(work.sections), lessons, good_for, mark))
    lines += ["", words["guide"], "", words["guide head"], "|---|---|---|---|---|---|"]
    short = {work.key: short_reference(work) for work in works}
    for entry in cited:
        verdict = verdicts[entry.verdict][language]
        same = entry.verdict == "kept"
        instead = "" if same else "; ".join(short[key] for key in entry.works)
        remark = getattr(entry, language)
        lines.append(row(entry.row, entry.section, entry.cited, verdict, instead, remark))
    return "\n".join(lines) + "\n"


def reference(work: Work) -> str:
    """A work as it is cited."""
    venue = work.venue if work.venue != "arXiv" else ""  # its number says so
    parts = [f"{work.authors} {work.year}", f"*{work.title}*", venue, work.identifier]
    return ", ".join(filter(None, parts))


def short_reference(work: Work) -> str:
    """First author and year, or both of two authors."""
    authors = work.authors.split(", ")
    names = work.authors if len(authors) < 3 else f"{authors[0]} et al."
    return f"{names} {work.year}"


def row(*cells: str) -> str:
    """A row of a table.

    Raises:
        ValueError: a cell would break the table.
    """
    for cell in cells:
        if "|" in cell or "\n" in cell:
            raise ValueError(f"a cell of a table holds neither | nor a line end: {cell!r}")
    return f"| {' | '.join(cells)} |"


def term_named(name: str, terms: list[Term]) -> Term:
    """The term whose English name is ``name``.

    Raises:
        ValueError: there is no such term.
    """
    for term in terms:
        if term.en == name:
            return term
    raise ValueError(f"the glossary has no term {name!r}")


def linked_lessons(stems: list[str]) -> str:
    """Links to lessons, each under its number; they lie beside the page in both languages."""
    return ", ".join(f"[{stem.partition('_')[0]}]({stem}.ipynb)" for stem in stems)


def linked_module(name: str) -> str:
    """A link from a page in ``lessons`` to a module."""
    path = name.replace(".", "/")
    return f"[{name.removeprefix('minillm.')}](../{path}.py)"


def pages(project: Path = PROJECT) -> Iterator[tuple[Path, str]]:
    """Path and text of every page."""
    lessons, (works, cited) = project / "lessons", read_reading()
    yield lessons / "glossary.md", glossary_page(read_glossary())
    for language, folder in FOLDERS.items():
        yield lessons / folder / "reading.md", reading_page(works, cited, language)
