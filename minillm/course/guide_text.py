"""What is known of a section, a row, a statement or a word, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from minillm.course.errata import PAGE, Erratum
from minillm.course.guide_lessons import LessonPlaces
from minillm.course.guide_lines import Code
from minillm.course.guide_map import Entry
from minillm.course.guide_page import in_sections
from minillm.course.guide_search import Hits, cleared, look_up, unknown
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
        """What there is on a section, a row, a statement or a word.

        Raises:
            ValueError: nothing; the nearest are named.
        """
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
                known = self.say("is right" if number in one.right else "not examined")
                return iter([known.format(number=number, section=one.number)])
        found = look_up(asked, guide)
        if not any((found.terms, found.sections, found.entries, found.code)):
            raise ValueError(unknown(asked, guide, self.language))
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
        yield from self.block("formula", section.formula)
        yield from self.block("statements", self.statements(section))
        yield from self.block("code", self.code(self.guide.code_of(section)))
        if section.without:
            words = WORDS["no code"][section.without]
            yield from self.block("without code", [words[self.language]])
        yield from self.block("lessons", self.lessons(self.guide.lessons_of(section)))
        entries = [entry for entry, _ in self.guide.rows_of(section)]
        names = [entry.feature for entry in entries]
        names += [row.number for row in self.guide.errata_of(section)]
        files = self.guide.tests_of(names)
        yield from self.block("tests", (f"{file}  {len(files[file])}" for file in files))
        yield from self.block("rows", map(self.row, entries))
        yield from self.block("below", map(self.heading, self.guide.below(section)))

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

    def tests(self, name: str) -> Iterator[str]:
        """Tests of a row or statement, as pytest takes them."""
        for file, names in self.guide.tests_of([name]).items():
            yield from (f"{file}::{test}" for test in names)

    def row(self, entry: Entry) -> str:
        """A row of the map in a line."""
        state = state_of(entry, self.language)
        return f"{entry.feature}  {entry.subjects[self.language]}{self.say('colon')}{state}"

    def feature(self, entry: Entry) -> Iterator[str]:
        """All about a row of the map."""
        sections = self.sections(entry.sections)
        yield self.row(entry)
        yield from self.block("sections", map(self.heading, sections))
        yield from self.block("code", self.code(entry.functions))
        found = {lesson.stem: (lesson, parts) for one in sections
                 for lesson, parts in self.guide.lessons_of(one)
                 if lesson.stem == entry.lesson}  # fmt: skip
        yield from self.block("lessons", self.lessons(found.values()))
        yield from self.block("tests", self.tests(entry.feature))

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
        lessons = [
            (lesson, lesson.sections_that_name([row.number]))
            for lesson in self.guide.lessons
            if lesson.stem == row.lesson or row.number in lesson.named
        ]
        yield from self.block("lessons", self.lessons(lessons))
        yield from self.block("tests", self.tests(row.number))
        if row.why:
            yield from self.block("no test", [PAGE["reasons"][row.why][self.language]])

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

    def hits(self, hits: Hits) -> Iterator[str]:
        """What a word is found in."""
        stems = {term.lesson for term in hits.terms if term.lesson}
        lessons = [(one, list[int]()) for one in self.guide.lessons if one.stem in stems]
        lines = [
            *self.block("glossary", (line for term in hits.terms for line in self.term(term))),
            *self.block("sections", map(self.heading, hits.sections)),
            *self.block("rows", map(self.row, hits.entries)),
            *self.block("code", self.code(hits.code)),
            *self.block("lessons", self.lessons(lessons)),
        ]
        yield from lines[1:]  # no empty line at the top

    def term(self, term: Term) -> Iterator[str]:
        """A word in both languages, its meaning, what the guide calls it."""
        names = (term.en, term.zh) if self.language == "en" else (term.zh, term.en)
        yield f"{' · '.join(names)}{self.say('colon')}{getattr(term, f'meaning_{self.language}')}"
        if term.guide:
            remark = term.guide.split(" · ")[0 if self.language == "en" else -1]
            yield f"  {self.say('said there').format(remark)}"
