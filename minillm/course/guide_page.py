"""The page that leads from every section of the guide to our code, in both languages.

It becomes ``lessons/guide_map.md`` and ``lessons/zh/guide_map.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from minillm.course.errata import PAGE, anchor
from minillm.course.guide_belongs import of_section
from minillm.course.guide_lines import Code
from minillm.course.guide_sections import WORDS, Guide, Section, read_guide, state_of
from minillm.course.pages import PAGES
from minillm.course.places import FOLDERS, PROJECT


def as_page(guide: Guide, language: str) -> str:
    """The page in Markdown."""
    parts = [f"# {WORDS['title'][language]}", WORDS["introduction"][language]]
    for section in guide.sections:
        parts += as_entry(guide, section, language)
    return "\n\n".join(parts) + "\n"


def as_entry(guide: Guide, section: Section, language: str) -> Iterator[str]:
    """The paragraphs of one section."""
    colon = WORDS["colon"][language]
    named = section.number[0].isdigit()
    heading = f"{section.number} {section.title[language]}" if named else section.title[language]
    yield f"{'#' * (2 + section.number.count('.'))} {heading}"
    yield f"**{WORDS['says'][language]}**{colon}{section.says[language]}"
    yield from (f"$${formula}$$" for formula in section.formula)
    no_lesson = of_section(guide, section).no_lesson[language]
    facts = [
        fact(name, text, language)
        for name, text in (
            ("statements", statements(guide, section, language)),
            ("tests", tests(guide, (row.number for row in guide.errata_of(section)), language)),
            ("lessons", lessons(guide, section, language)),
            ("without lessons", "" if guide.lessons_of(section) else no_lesson),
            ("without code", reason(guide, section, language)),
        )
        if text
    ]
    for entry, code in guide.rows_of(section):
        state = WORDS["brackets"][language].format(state_of(entry, language))
        facts.append(f"* **{entry.feature} {entry.subjects[language]}**{state}")
        if code:
            facts.append("  " + fact("code", links_to(code, language), language))
            facts.append("  " + fact("tests", tests(guide, [entry.feature], language), language))
    if facts:
        yield "\n".join(facts)


def fact(name: str, text: str, language: str) -> str:
    """A line of a list."""
    return f"* **{WORDS[name][language]}**{WORDS['colon'][language]}{text}"


def up_from(language: str) -> str:
    """The way from the page to the folder of the project."""
    return "../" * (1 + len(FOLDERS[language].parts))


def statements(guide: Guide, section: Section, language: str) -> str:
    """Verdicts, with links to where they are explained."""
    verdicts = {
        row.number: (f"errata.md#{anchor(row.number)}", PAGE["verdicts"][row.verdict][language])
        for row in guide.errata_of(section)
    }
    for entry in guide.cited_of(section):
        verdict = PAGES["reading"]["verdicts"][entry.verdict][language]
        verdicts[entry.row] = ("reading.md", verdict.strip("*"))
    found = []
    for name in guide.statements_of(section):
        if name in verdicts:
            place, verdict = verdicts[name]
            found.append(f"[{name}]({place}) {verdict}")
        else:
            known = "right" if name in section.right else "later"
            found.append(f"{name} {WORDS[known][language]}")
    return WORDS["semicolon"][language].join(found)


def links_to(code: list[Code], language: str) -> str:
    """Functions and classes, with links to their lines."""
    up = up_from(language)
    links = (
        f"[{one.file.removeprefix('minillm/')}:{one.line}]({up}{one.file}#L{one.line}) `{one.name}`"
        for one in code
    )
    return WORDS["comma"][language].join(links)


def reason(guide: Guide, section: Section, language: str) -> str:
    """Why there is no code, where there is none."""
    why = guide.without_code(section)
    return WORDS["no code"][why][language] if why else ""


def lessons(guide: Guide, section: Section, language: str) -> str:
    """Links to lessons, which lie beside the page, and their sections."""
    found = []
    for lesson, sections in guide.lessons_of(section):
        link = f"[{lesson.number} {lesson.title[language]}]({lesson.stem}.ipynb)"
        found.append(link + in_sections(sections, language))
    return WORDS["semicolon"][language].join(found)


def in_sections(sections: list[int], language: str) -> str:
    """In brackets, which sections of a lesson; nothing for none."""
    if not sections:
        return ""
    words = WORDS["lesson section" if len(sections) == 1 else "lesson sections"][language]
    listed = WORDS["comma"][language].join(map(str, sections))
    return WORDS["brackets"][language].format(words.format(listed))


def tests(guide: Guide, names: Iterable[str], language: str) -> str:
    """Links to files of tests, and how many of each stand for these rows or statements."""
    up = up_from(language)
    links = (
        f"[{file.removeprefix('tests/').removesuffix('.py')}]({up}{file}) {len(found)}"
        for file, found in guide.tests_of(names).items()
    )
    return WORDS["comma"][language].join(links)


def pages(project: Path = PROJECT) -> Iterator[tuple[Path, str]]:
    """Path and text of the page in each language."""
    guide = read_guide(project)
    for language, folder in FOLDERS.items():
        yield project / "lessons" / folder / "guide_map.md", as_page(guide, language)
