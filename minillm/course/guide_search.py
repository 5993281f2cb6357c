"""What a query means: a section of the guide, a row of the map, a statement, or a word.

A word is looked up in the glossary, in the titles of sections, in the subjects of rows and in the
names of functions and classes that our packages offer.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from minillm.course.guide_lines import Code, sources
from minillm.course.guide_map import Entry
from minillm.course.guide_sections import WORDS, Guide, Section
from minillm.course.pages import Term, read_glossary
from minillm.course.places import PROJECT

AROUND = re.compile(r"^(?:§|第|section|sections)\s*|\s*节$|\.$", re.IGNORECASE)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[一-鿿]+")
RUN = re.compile(r"[^\W_]+")
QUOTED = re.compile(r'"(\w+)"')
PARTICLES = re.compile("[的与和]")
NUMBER = re.compile(r"\.*\d+(?:\.+\d+)*\.*")
DEFINITION = re.compile(r"^(?:def|class) (\w+)", re.MULTILINE)


class Unknown(LookupError):
    """Nothing fits a query; the message is in the reader's language, the nearest in it."""


@dataclass(frozen=True)
class Hits:
    """What a word is found in."""

    terms: list[Term]
    sections: list[Section]
    entries: list[Entry]
    code: list[Code]

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return any((self.terms, self.sections, self.entries, self.code))


def cleared(query: str) -> str:
    """A query as it is looked up: "第 4.1.2 节" and "§4.1.2" are "4.1.2"."""
    text = unicodedata.normalize("NFKC", query).strip()
    while (shorter := AROUND.sub("", text)) != text:
        text = shorter
    return text


def words_of(text: str) -> list[str]:
    """The words of a text or name in small letters, in British and American spelling alike."""
    return [word.casefold().replace("z", "s") for word in WORD.findall(text)]


def fits(query: str, *candidates: str) -> bool:
    """Whether each word of the query begins a word of one candidate; Chinese may stand anywhere.

    Chinese may also stand in another order: 冲突的目标 and 目标冲突 find 冲突目标.
    """
    asked = [part for word in words_of(query) for part in PARTICLES.split(word) if part]
    return bool(asked) and any(
        all(is_among(part, there) for part in asked)
        for there in ([*words_of(text), *RUN.findall(text.casefold())] for text in candidates)
    )


def is_among(part: str, words: list[str]) -> bool:
    """Whether a part of a query begins a word; Chinese may be in words, whole or in two halves."""
    if part[0] < "一":
        return any(word.startswith(part) for word in words)
    ways = [(part,), *((part[:i], part[i:]) for i in range(2, len(part) - 1))]
    return any(all(any(half in word for word in words) for half in way) for way in ways)


def look_up(query: str, guide: Guide, project: Path = PROJECT) -> Hits:
    """All that a word is found in; of the glossary the very term alone, if there is one."""
    terms = [term for term in read_glossary().terms if fits(query, term.en, term.zh)]
    same = [term for term in terms if words_of(query) in map(words_of, names_of(term))]
    homes = {f"{term.module.replace('.', '/')}.py" for term in same}
    code = [
        one
        for one in offered(guide.code, project)
        if fits(query, one.name) or (one.file in homes and one.sections)
    ]
    rows = {feature for one in code if one.file in homes for feature in one.features}
    names = {term.en for term in same}
    places = {named.section for named in read_glossary().section_1_4 if named.term in names}
    return Hits(
        same or terms,
        [s for s in guide.sections if s.number in places or fits(query, *headings(s))],
        [e for e in guide.entries if e.feature in rows or fits(query, *e.subjects.values())],
        code,
    )


def names_of(term: Term) -> list[str]:
    """The names of a term without what stands in brackets."""
    return [re.split(r" ?[(（]", name)[0] for name in (term.en, term.zh)]


def headings(section: Section) -> list[str]:
    """Titles of a section and of its parts, in both languages."""
    return [title for titles in (section.title, *section.parts) for title in titles.values()]


def offered(code: list[Code], project: Path = PROJECT) -> list[Code]:
    """Code of the guide, and whatever else our packages offer by name."""
    known = {(one.file, one.name): one for one in code}
    texts = dict(sources(project))
    public = {
        name
        for file, source in texts.items()
        if file.endswith("__init__.py")
        for name in QUOTED.findall(source.partition("__all__")[2])
    }
    return [
        known.get((file, found[1]))
        or Code(file, source.count("\n", 0, found.start()) + 1, found[1], (), ())
        for file, source in texts.items()
        for found in DEFINITION.finditer(source)
        if found[1] in public or (file, found[1]) in known
    ]


def near(query: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that are written most alike."""
    by_form = {candidate.casefold(): candidate for candidate in candidates}
    found = difflib.get_close_matches(query.casefold(), by_form, n=5, cutoff=0.5)
    return [by_form[form] for form in found]


def near_sections(number: str, guide: Guide) -> list[Section]:
    """The sections whose numbers are the nearest.

    Of the deepest section with which ``number`` begins the nearest subsections, then itself; where
    there is none, the nearest main sections.
    """
    asked = [int(part) for part in number.split(".") if part]
    by_number = {one.number: one for one in guide.sections}
    depth = len(asked) - 1
    while depth and ".".join(map(str, asked[:depth])) not in by_number:
        depth -= 1
    above = by_number.get(".".join(map(str, asked[:depth])))
    beside = guide.below(above) if above else [s for s in guide.sections if s.number.isdigit()]
    beside.sort(key=lambda one: abs(int(one.number.rpartition(".")[2]) - asked[depth]))
    return [*beside[:3], *([above] if above else [])]


def near_names(name: str, guide: Guide) -> list[str]:
    """The rows, or the statements, with the nearest numbers."""
    names = [entry.feature for entry in guide.entries]
    names += [found for section in guide.sections for found in guide.statements_of(section)]
    same = {found for found in names if found[0] == name[0].upper()}
    return sorted(same, key=lambda found: (abs(int(found[1:]) - int(name[1:])), found))[:3]


def unknown(query: str, guide: Guide, language: str) -> str:
    """What is said about a query that nothing fits, with the nearest."""
    if NUMBER.fullmatch(query):
        sections = near_sections(query, guide)
        found = [f"{section.number} {section.title[language]}" for section in sections]
    elif re.fullmatch(r"[AGag]\d+", query):
        found = near_names(query, guide)
    else:
        candidates = [name for term in read_glossary().terms for name in names_of(term)]
        candidates += [title for section in guide.sections for title in headings(section)]
        candidates += [subject for entry in guide.entries for subject in entry.subjects.values()]
        candidates += [one.name for one in offered(guide.code)]
        found = near(query, candidates)
    told = WORDS["unknown"][language].format(query=query)
    listed = WORDS["semicolon"][language].join(found)
    return told + (WORDS["near"][language].format(listed) if found else "")
