"""Glossary, reading list and syllabus: up to date, filled in, and what they name exists."""

import importlib.util
import re

import pytest

from minillm.commands.arguments import build_parser
from minillm.course.pages import (
    Cited,
    Work,
    read_glossary,
    read_reading,
    reading_page,
    reference,
    row,
    term_named,
)
from minillm.course.places import LESSONS
from tests.course.built import notebook_of

GLOSSARY, (WORKS, CITED) = read_glossary(), read_reading()
SOURCES = sorted((LESSONS / "src").glob("*.py"))
PAGES = sorted([*LESSONS.glob("*.md"), *(LESSONS / "zh").glob("*.md")])
SYLLABUS = {"en": LESSONS / "syllabus.md", "zh": LESSONS / "zh" / "syllabus.md"}
QUOTED = re.compile('“[^”]*”|"[^"]*"')
CHINESE = re.compile("[一-鿿]")

each_term = pytest.mark.parametrize("term", GLOSSARY.terms, ids=lambda term: term.en)
each_work = pytest.mark.parametrize("work", WORKS, ids=lambda work: work.key)
each_entry = pytest.mark.parametrize("entry", CITED, ids=lambda entry: entry.row)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(LESSONS)))


def text_of(path):
    return path.read_text(encoding="utf-8")


def prose_of(source, language):
    """All prose of a lesson."""
    cells = notebook_of(source, language)["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def misused(names, prose):
    """Names that stand in a text outside quotation marks, which end with their paragraph."""
    bare = "".join(QUOTED.sub("", paragraph) for paragraph in prose.split("\n\n")).casefold()
    return [name for name in names if name.casefold() in bare]


def commands_in(page):
    """What follows ``python -m minillm course`` in the code blocks of a page, without remarks."""
    blocks = re.findall(r"```sh\n(.*?)```", text_of(page), flags=re.DOTALL)
    lines = [line.split("#")[0].split() for line in "\n".join(blocks).splitlines()]
    ours = [".venv/bin/python", "-m", "minillm", "course"]
    return [line[4:] for line in lines if line[:4] == ours]


@each_page
def test_links_of_a_page_lead_to_files(page):
    targets = re.findall(r"\]\(([^)#]+)\)", text_of(page))
    missing = [target for target in targets if not (page.parent / target).is_file()]
    assert targets and missing == []


@pytest.mark.guide("G66")
@each_term
def test_a_term_is_explained_in_both_languages_in_a_sentence_each(term):
    assert term.en and term.zh
    assert term.meaning_en.endswith(".") and not CHINESE.search(term.meaning_en)
    assert term.meaning_zh.endswith("。") and CHINESE.search(term.meaning_zh)
    assert not set("\n|") & set(term.en + term.zh + term.meaning_en + term.meaning_zh + term.guide)


@each_term
def test_the_module_of_a_term_exists(term):
    assert not term.module or importlib.util.find_spec(term.module)


@pytest.mark.parametrize(
    "term", [term for term in GLOSSARY.terms if term.lesson], ids=lambda term: term.en
)
def test_the_lesson_of_a_term_exists_and_uses_its_chinese_name(term):
    source = LESSONS / "src" / f"{term.lesson}.py"
    assert source.is_file()
    assert term.zh.split("（")[0] in prose_of(source, "zh")


def test_terms_come_once_and_in_the_order_of_the_alphabet():
    names = [term.en.casefold() for term in GLOSSARY.terms]
    assert names == sorted(set(names))


@pytest.mark.guide("G66")
def test_the_guides_own_terms_come_in_its_order_with_names_that_the_glossary_has():
    sections = [named.section for named in GLOSSARY.section_1_4]
    assert sections == sorted(sections) and set(sections) == {"1.4.1", "1.4.2", "1.4.3"}
    for named in GLOSSARY.section_1_4:
        assert named.zh and named.en and term_named(named.term, GLOSSARY.terms)
    with pytest.raises(ValueError, match="no term 'Big Language Model'"):
        term_named("Big Language Model", GLOSSARY.terms)


def test_no_wrong_name_of_the_guide_is_a_name_of_ours():
    assert not misused(GLOSSARY.wrong_names, "\n".join(f"{t.en} {t.zh}" for t in GLOSSARY.terms))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_lesson_uses_a_wrong_name_only_in_quotation_marks(source, language):
    assert misused(GLOSSARY.wrong_names, prose_of(source, language)) == []


def test_a_wrong_name_is_noticed_unless_it_is_quoted():
    names = ["Big Language Model", "变换器"]
    assert misused(names, "The big language model has 变换器层.") == names
    assert misused(names, 'It says "Big Language Model" and “变换器模型”.') == []
    assert misused(names, 'A stray " mark.\n\nA big language model, a " mark.') == names[:1]


@each_work
def test_a_work_has_all_that_a_reader_needs_to_find_it(work):
    assert work.authors and work.title and work.venue and re.fullmatch(r"[12]\d{3}", str(work.year))
    assert work.venue != "arXiv" or work.identifier.startswith("arXiv:")
    number = re.search(r"arXiv:(\d\d)(\d\d)\.(\d{4,5})$", work.identifier)
    assert bool(number) == ("arXiv" in work.identifier)
    assert not number or (1 <= int(number[2]) <= 12 and 2000 + int(number[1]) <= work.year)
    assert work.en.endswith(".") and not CHINESE.search(work.en)
    assert work.zh.endswith("。") and CHINESE.search(work.zh)
    assert all(re.fullmatch(r"\d+(\.\d)*", section) for section in work.sections)
    assert work.sections


@each_work
def test_the_lessons_of_a_work_exist(work):
    assert all((LESSONS / "src" / f"{lesson}.py").is_file() for lesson in work.lessons)


def test_no_work_is_listed_twice():
    for name in ("key", "title"):
        values = [getattr(work, name).casefold() for work in WORKS]
        assert len(values) == len(set(values))


@each_entry
def test_an_entry_of_the_guides_list_has_a_verdict_and_real_works_instead(entry):
    assert entry.verdict in {"kept", "corrected", "does not exist"}
    assert set(entry.works) <= {work.key for work in WORKS}
    assert entry.verdict != "does not exist" or entry.works
    assert entry.cited and entry.en.endswith(".") and entry.zh.endswith("。")


@pytest.mark.guide("G65")
def test_every_statement_of_the_guide_about_its_sources_has_a_verdict():
    assert sorted(int(entry.row[1:]) for entry in CITED) == [*range(81, 101), 115]
    assert [entry.row for entry in CITED if entry.verdict == "does not exist"] == [
        f"A{number}" for number in (90, 93, 94, 95, 96, 97, 98)
    ]


def invented_among(works, cited):
    """Titles that the guide made up and that are listed as if they existed."""
    made_up = [e.cited.split(" (")[0].casefold() for e in cited if e.verdict == "does not exist"]
    return [work.title for work in works if work.title.casefold() in made_up]


@pytest.mark.guide("G65")
def test_no_title_that_the_guide_invented_is_listed_as_a_work():
    assert invented_among(WORKS, CITED) == []
    title = "The State of Language Model Serving at Microsoft"
    planted = Work("x", "He", 2020, title, "ACL", "", ["7"], [], "e", "z", False)
    assert invented_among([planted], CITED) == [title]


def test_the_syllabus_shows_every_lesson_in_both_languages():
    stems = {source.stem for source in SOURCES}
    linked = {
        language: re.findall(r"\]\((\w+)\.ipynb\)", text_of(path))
        for language, path in SYLLABUS.items()
    }
    assert linked["en"] == linked["zh"] and stems <= set(linked["en"])


def test_the_commands_of_the_syllabus_are_commands_and_the_same_in_both_languages():
    commands = [commands_in(path) for path in SYLLABUS.values()]
    assert commands[0] == commands[1]
    assert {command[0] for command in commands[0]} == {"solutions", "run", "mark"}
    for command in commands[0]:
        build_parser(["course"]).parse_args(["course", *command])


def test_the_syllabus_has_the_same_parts_in_both_languages():
    for pattern in (r"^#+ \d*", r"^\|.*\|$", r"^\* ", r"^```\w*"):
        found = [re.findall(pattern, text_of(p), flags=re.MULTILINE) for p in SYLLABUS.values()]
        assert len(found[0]) == len(found[1]) > 0, pattern
    rows = [re.findall(r"^\| (\w+) \|", text_of(p), flags=re.MULTILINE) for p in SYLLABUS.values()]
    questions = [[name for name in found if found.count(name) >= 4] for found in rows]
    lessons = {source.stem.partition("_")[0] for source in SOURCES}
    assert questions[0] == questions[1] and set(questions[0]) == lessons


def test_a_reference_names_authors_year_title_place_and_number():
    work = Work("k", "A, B", 2001, "T", "V", "arXiv:0101.00001", [], [], "", "", True)
    assert reference(work) == "A, B 2001, *T*, V, arXiv:0101.00001"
    page = reading_page([work], [Cited("A1", "7", "W", "does not exist", ["k"], "e", "z")], "zh")
    assert "| A1 | 7 | W | **查无此文** | A, B 2001 | z |" in page


def test_a_cell_that_would_break_its_table_is_refused():
    assert row("a", "b") == "| a | b |"
    with pytest.raises(ValueError, match="neither"):
        row("a|b")
