"""What belongs to a part of the guide: rows, code, lessons and tests; where there is none, why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from minillm.course.errata import PAGE
from minillm.course.guide_lessons import LessonPlaces
from minillm.course.guide_lines import Code
from minillm.course.guide_map import Entry
from minillm.course.guide_search import Hits
from minillm.course.guide_sections import WORDS, Guide, Section, numbers

REASONS: dict[str, dict[str, str]] = WORDS["no code"]
NONE: dict[str, str] = WORDS["none yet"]


@dataclass(frozen=True)
class Belongings:
    """What belongs to a part of the guide; ``no_...`` says by language why there is none."""

    entries: list[Entry]
    code: list[Code]
    lessons: list[tuple[LessonPlaces, list[int]]]  # and in which of their sections
    tests: dict[str, list[str]]  # file -> names
    no_code: dict[str, str]
    no_lesson: dict[str, str]
    no_test: dict[str, str]


def of_section(guide: Guide, section: Section) -> Belongings:
    """All that belongs to a section."""

    def below(has: Callable[[Section], object], otherwise: dict[str, str]) -> dict[str, str]:
        return REASONS["below"] if any(map(has, guide.inside(section))) else otherwise

    words_alone = section.without in ("prose", "reading")
    return Belongings(
        [entry for entry, _ in guide.rows_of(section)],
        guide.code_of(section),
        guide.lessons_of(section),
        tests_of_section(guide, section),
        REASONS.get(guide.without_code(section), NONE),
        below(guide.lessons_of, NONE),
        below(
            lambda one: tests_of_section(guide, one),
            REASONS[section.without] if words_alone else NONE,
        ),
    )


def tests_of_section(guide: Guide, section: Section) -> dict[str, list[str]]:
    """Tests of its rows and statements."""
    rows = [entry.feature for entry, _ in guide.rows_of(section)]
    return guide.tests_of([*rows, *guide.statements_of(section)])


def of_row(guide: Guide, entry: Entry) -> Belongings:
    """All that belongs to a row of the map."""
    return Belongings(
        [entry],
        list(entry.functions),
        of_stems(guide, {entry.lesson}, sections_of(guide, [entry])),
        guide.tests_of([entry.feature]),
        REASONS["not begun"],
        NONE,
        NONE,
    )


def of_statement(
    guide: Guide, number: str, sections: str, *, stems: Iterable[str] = (), why: str = ""
) -> Belongings:
    """All that belongs to a statement of ``sections``; ``why`` it has no test.

    Its code is that of the rows for which a test of it stands too.  Where there is none, the rows
    of its sections are told.
    """
    mine = set(guide.tests.get(number, ()))
    linked = [one for one in guide.entries if mine & set(guide.tests.get(one.feature, ()))]
    there = [one for one in guide.sections if one.number in numbers(sections)]
    around = [] if why else [entry for one in there for entry, _ in guide.rows_of(one)]
    entries = each(linked or around)
    if why:
        no_code = PAGE["reasons"][why]
    elif any(entry.functions for entry in entries):
        no_code = WORDS["see rows"]
    else:
        no_code = REASONS.get(guide.without_code(there[0]), NONE)
    lessons = [
        (lesson, lesson.sections_that_name([number]))
        for lesson in guide.lessons
        if lesson.stem in stems or number in lesson.named
    ]
    no_lesson = WORDS["see section"] if any(map(guide.lessons_of, there)) else NONE
    no_test = PAGE["reasons"][why] if why else NONE
    tests = guide.tests_of([number])
    return Belongings(entries, functions(linked), lessons, tests, no_code, no_lesson, no_test)


def of_hits(guide: Guide, hits: Hits) -> Belongings:
    """All that belongs to what a word is found in: to the rows that fit, else to the sections."""
    features = {feature for one in hits.code for feature in one.features}
    if hits.entries or features:
        entries = hits.entries or [one for one in guide.entries if one.feature in features]
        code = functions(hits.entries)
    else:
        rows = [row for section in hits.sections for row in guide.rows_of(section)]
        entries = each(entry for entry, _ in rows)
        code = [one for _, some in rows for one in some]
    stems = {term.lesson for term in hits.terms} | {entry.lesson for entry in entries}
    sections = [*hits.sections, *sections_of(guide, entries)]
    lessons = of_stems(guide, stems, sections) or of_stems(guide, None, hits.sections)
    code = list(dict.fromkeys([*hits.code, *code]))
    tests = guide.tests_of(entry.feature for entry in entries)
    reasons = ["not begun"] if entries else map(guide.without_code, hits.sections)
    no_code = REASONS.get(next(iter(reasons), ""), NONE)
    return Belongings(entries, code, lessons, tests, no_code, NONE, NONE)


def each(entries: Iterable[Entry]) -> list[Entry]:
    """Every row once."""
    return list({entry.feature: entry for entry in entries}.values())


def functions(entries: Iterable[Entry]) -> list[Code]:
    """Those of all rows, each once."""
    return list(dict.fromkeys(one for entry in entries for one in entry.functions))


def sections_of(guide: Guide, entries: Iterable[Entry]) -> list[Section]:
    """The sections that rows name."""
    named = {number for entry in entries for number in numbers(entry.sections)}
    return [one for one in guide.sections if one.number in named]


def of_stems(
    guide: Guide, stems: set[str] | None, sections: Iterable[Section]
) -> list[tuple[LessonPlaces, list[int]]]:
    """Lessons by their stems, or all, with their places that treat one of the sections."""
    places: dict[str, set[int]] = {}
    for section in sections:
        for lesson, found in guide.lessons_of(section):
            places.setdefault(lesson.stem, set()).update(found)
    return [
        (lesson, sorted(places.get(lesson.stem, ())))
        for lesson in guide.lessons
        if lesson.stem in (places if stems is None else stems)
    ]
