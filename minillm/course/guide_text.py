"""What is known of a section, a row, a statement or a word, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from minillm.course.errata import PAGE, Erratum
from minillm.course.formulas import in_unicode, readable
from minillm.course.guide_belongs import Belongings, of_hits, of_row, of_section, of_statement
from minillm.course.guide_lessons import LessonPlaces
from minillm.course.guide_lines import Code
from minillm.course.guide_map import Entry
from minillm.course.guide_page import in_sections
from minillm.course.guide_search import NUMBER, Hits, Unknown, cleared, look_up, unknown
from minillm.course.guide_sections import WORDS, Guide, Section, numbers, state_of
from minillm.course.pages import PAGES, Cited, Term, read_reading, short_reference
from minillm.course.places import FOLDERS


class Lines:
    """Tells of parts of the guide in a language."""

    def __init__(self, guide: Guide, language: str):
        self.guide, self.language = guide, language

    def say(self, name: str) -> str:
        """A word of the program."""
        return WORDS[name][self.language]

    def block(self, name: str, lines: Iterable[str]) -> Iterator[str]:
        """A heading with lines under it, or nothing if there are none."""
        given = list(lines)
        if given:
            yield from ("", self.say(name), *(f"  {line}" for line in given))

    def answer(self, query: str) -> Iterator[str]:
        """What there is on a section, a row, a statement or a word; formulas are readable.

        Raises:
            Unknown: nothing; the nearest are named.
        """
        return map(readable, self.found(query))

    def found(self, query: str) -> Iterator[str]:
        """``answer``, with the formulas as they are written."""
        asked = cleared(query)
        guide, number = self.guide, asked.upper()
        for one in guide.sections:
            if one.number == asked:
                return self.section(one)
        for entry in guide.entries:
            if entry.feature == number:
                return self.feature(entry)
        for row in guide.errata:
            if row.number == number:
                return self.erratum(row)
        for cited in guide.cited:
            if cited.row == number:
                return self.citation(cited)
        for one in guide.sections:
            if number in one.right + one.later:
                return self.unlisted(number, one)
        found = None if NUMBER.fullmatch(asked) else look_up(asked, guide)
        if not found:
            raise Unknown(unknown(asked, guide, self.language))
        return self.hits(found)

    def contents(self) -> Iterator[str]:
        """The list of sections, each with its rows; those that are open stand in brackets."""
        for section in self.guide.sections:
            rows = [
                entry.feature if not entry.open else f"({entry.feature})"
                for entry in self.guide.entries_of(section)
            ]
            yield f"{self.heading(section)}  {' '.join(rows)}".rstrip()

    def heading(self, section: Section) -> str:
        """Number and title."""
        return f"{section.number}  {section.title[self.language]}"

    def section(self, section: Section) -> Iterator[str]:
        """All about a section."""
        yield self.heading(section)
        yield from self.block("says", [section.says[self.language]])
        yield from self.block("formula", map(in_unicode, section.formula))
        yield from self.block("statements", self.statements(section))
        found = of_section(self.guide, section)
        yield from self.belongings(found, self.counted(found.tests))
        yield from self.block("rows", map(self.row, found.entries))
        yield from self.block("below", map(self.heading, self.guide.below(section)))

    def belongings(self, found: Belongings, tests: Iterable[str]) -> Iterator[str]:
        """Code, lessons and tests; of each that there is none, and why.

        Nothing is known of lessons and tests without a clone.
        """
        parts = [("code", self.code(found.code), found.no_code)]
        if self.guide.in_clone:
            parts.append(("lessons", self.lessons(found.lessons), found.no_lesson))
            parts.append(("tests", iter(tests), found.no_test))
        for name, lines, why in parts:
            yield from list(self.block(name, lines)) or self.block(
                f"without {name}", [why[self.language]]
            )

    def counted(self, tests: Mapping[str, list[str]]) -> Iterator[str]:
        """Files of tests, and how many of each."""
        yield from (f"{file}  {len(names)}" for file, names in tests.items())

    def named(self, tests: Mapping[str, list[str]]) -> Iterator[str]:
        """Tests as pytest takes them."""
        yield from (f"{file}::{test}" for file, names in tests.items() for test in names)

    def statements(self, section: Section) -> Iterator[str]:
        """One line for each statement: its number, the verdict, what the guide says."""
        errata = {row.number: row for row in self.guide.errata_of(section)}
        cited = {entry.row: entry for entry in self.guide.cited_of(section)}
        for name in self.guide.statements_of(section):
            if name in errata:
                row = errata[name]
                verdict = PAGE["verdicts"][row.verdict][self.language]
                yield f"{name}  {verdict}{self.say('colon')}{row.states[self.language]}"
            elif name in cited:
                yield f"{name}  {self.verdict(cited[name])}{self.say('colon')}{cited[name].cited}"
            else:
                yield f"{name}  {self.say('right' if name in section.right else 'later')}"

    def verdict(self, entry: Cited) -> str:
        """What became of an entry of the guide's own list."""
        words: str = PAGES["reading"]["verdicts"][entry.verdict][self.language]
        return words.strip("*")

    def code(self, code: Iterable[Code]) -> Iterator[str]:
        """File, line and name, with the rows that it belongs to."""
        for one in code:
            rows = f"  {' '.join(one.features)}" if one.features else ""
            yield f"{one.file}:{one.line}  {one.name}{rows}"

    def lessons(self, lessons: Iterable[tuple[LessonPlaces, list[int]]]) -> Iterator[str]:
        """File, title, and the sections that matter."""
        folder = PurePosixPath("lessons") / FOLDERS[self.language].as_posix()
        for lesson, sections in lessons:
            where = in_sections(sections, self.language)
            yield f"{folder / lesson.stem}.ipynb  {lesson.title[self.language]}{where}"

    def row(self, entry: Entry) -> str:
        """A row of the map in a line."""
        state = state_of(entry, self.language)
        return f"{entry.feature}  {entry.subjects[self.language]}{self.say('colon')}{state}"

    def feature(self, entry: Entry) -> Iterator[str]:
        """All about a row of the map."""
        sections = self.sections(entry.sections)
        yield self.row(entry)
        yield from self.block("sections", map(self.heading, sections))
        found = of_row(self.guide, entry)
        yield from self.belongings(found, self.named(found.tests))

    def sections(self, named: str) -> list[Section]:
        """The sections that a row or a statement names."""
        return [one for one in self.guide.sections if one.number in numbers(named)]

    def erratum(self, row: Erratum) -> Iterator[str]:
        """All about a statement that does not hold as it stands."""
        yield f"{row.number}  {PAGE['verdicts'][row.verdict][self.language]}"
        yield from self.block("sections", map(self.heading, self.sections(row.section)))
        yield from self.block("says", [row.states[self.language]])
        yield from self.block("correct", [row.correct[self.language]])
        yield from self.block("source", filter(None, [row.source]))
        yield from self.around(row.number, row.section, stems=[row.lesson], why=row.why)

    def around(self, number: str, sections: str, **more: Any) -> Iterator[str]:
        """Rows, code, lessons and tests of a statement."""
        found = of_statement(self.guide, number, sections, **more)
        yield from self.block("rows", map(self.row, found.entries))
        yield from self.belongings(found, self.named(found.tests))

    def unlisted(self, number: str, section: Section) -> Iterator[str]:
        """All about a statement that is right, or that is in no list yet."""
        yield f"{number}  {self.say('right' if number in section.right else 'later')}"
        yield from self.block("sections", [self.heading(section)])
        yield from self.around(number, section.number)

    def citation(self, entry: Cited) -> Iterator[str]:
        """What became of a work or tool that the guide recommends."""
        yield f"{entry.row}  {self.verdict(entry)}"
        yield from self.block("sections", map(self.heading, self.sections(entry.section)))
        yield from self.block("cited", [entry.cited])
        works = {work.key: work for work in read_reading()[0]}
        instead = [] if entry.verdict == "kept" else [works[key] for key in entry.works]
        told = (f"{short_reference(work)}, {work.title}" for work in instead)
        yield from self.block("instead", told)
        yield from self.block("remark", [getattr(entry, self.language)])
        stems = [stem for key in entry.works for stem in works[key].lessons]
        yield from self.around(entry.row, entry.section, stems=stems)

    def hits(self, hits: Hits) -> Iterator[str]:
        """What a word is found in."""
        found = of_hits(self.guide, hits)
        known = hits.terms or hits.sections or found.entries
        lines = [
            *self.block("glossary", (line for term in hits.terms for line in self.term(term))),
            *self.block("sections", map(self.heading, hits.sections)),
            *self.block("rows", map(self.row, found.entries) if known else [self.say("no row")]),
            *(
                self.belongings(found, self.counted(found.tests))
                if known
                else self.block("code", self.code(found.code))
            ),
        ]
        yield from lines[1:]  # no empty line at the top

    def term(self, term: Term) -> Iterator[str]:
        """A word in both languages, its meaning, what the guide calls it."""
        names = (term.en, term.zh) if self.language == "en" else (term.zh, term.en)
        yield f"{' · '.join(names)}{self.say('colon')}{getattr(term, f'meaning_{self.language}')}"
        if term.guide:
            remark = term.guide.split(" · ")[0 if self.language == "en" else -1]
            yield f"  {self.say('said there').format(remark)}"
