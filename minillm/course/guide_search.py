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
DEFINITION = re.compile(r"^(?:def|class) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Hits:
    """What a word is found in."""

    terms: list[Term]
    sections: list[Section]
    entries: list[Entry]
    code: list[Code]


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
    """Whether each word of the query begins a word of one candidate; Chinese may stand anywhere."""
    asked = words_of(query)
    return bool(asked) and any(
        all(
            any(word.startswith(part) or (part[0] >= "一" and part in word) for word in there)
            for part in asked
        )
        for there in ([*words_of(text), *RUN.findall(text.casefold())] for text in candidates)
    )


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


def unknown(query: str, guide: Guide, language: str) -> str:
    """What is said about a query that nothing fits, with the nearest."""
    numbers = [section.number for section in guide.sections]
    if re.fullmatch(r"[\d.]+", query):
        candidates = numbers
    elif re.fullmatch(r"[AGag]\d+", query):
        candidates = [entry.feature for entry in guide.entries]
        candidates += [name for section in guide.sections for name in guide.statements_of(section)]
    else:
        candidates = [name for term in read_glossary().terms for name in names_of(term)]
        candidates += [title for section in guide.sections for title in headings(section)]
        candidates += [subject for entry in guide.entries for subject in entry.subjects.values()]
        candidates += [one.name for one in offered(guide.code)]
    found = WORDS["comma"][language].join(near(query, candidates))
    told = WORDS["unknown"][language].format(query=query)
    return told + (WORDS["near"][language].format(found) if found else "")
