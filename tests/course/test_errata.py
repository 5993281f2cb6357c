"""The errata: every row is filled in and tested or says why not; both pages show them."""

import re

import pytest

from minillm.course.errata import (
    PAGE,
    Erratum,
    as_entry,
    as_page,
    first_section,
    pages,
    read_errata,
)
from minillm.course.markers import marked, marks
from minillm.course.places import FOLDERS, LESSONS, PROJECT
from tests.course.test_guide_map import defined_in
from tests.marked import complaints

ERRATA, TESTS = read_errata(), marked("errata")
# title, abstract, sections 1 to 4; the program of sections 5.2 and 5.3; section 6; of section 8
SCOPE = [f"A{n}" for n in [*range(1, 62), *range(63, 81), *range(101, 108), 114, 116]]
RIGHT = PAGE["right"]
CHINESE, FORMULA = re.compile("[一-鿿]"), re.compile(r"\$[^$]+\$")

each_row = pytest.mark.parametrize("row", ERRATA, ids=lambda row: row.number)


def errata_of(source):
    """The A-numbers in the head of a lesson."""
    (numbers,) = re.findall(r"^# +errata: \[(.*)\]$", source.read_text("utf-8"), re.MULTILINE)
    return set(filter(None, numbers.split(", ")))


def lesson_source(stem):
    return LESSONS / "src" / f"{stem}.py"


def test_every_statement_in_scope_is_right_or_a_row_in_the_order_of_the_numbers():
    numbers = [row.number for row in ERRATA]
    assert numbers == [number for number in SCOPE if number not in RIGHT]
    assert set(RIGHT) < set(SCOPE) and len(RIGHT) == len(set(RIGHT))


@each_row
def test_a_row_is_filled_in_both_languages(row):
    assert row.verdict in PAGE["verdicts"]
    assert first_section(row) in PAGE["sections"]
    for texts in (row.states, row.correct):
        assert list(texts) == list(FOLDERS)
        assert all(text.strip() == text != "" for text in texts.values())
        assert not CHINESE.search(texts["en"])
        assert CHINESE.search(texts["zh"]) or not FORMULA.sub("", texts["zh"]).strip("。")
        assert set(FORMULA.findall(texts["en"])) == set(FORMULA.findall(texts["zh"]))
    assert not CHINESE.search(row.source)


@each_row
def test_a_row_has_either_a_test_or_a_reason(row):
    assert (row.number in TESTS) != bool(row.why)
    assert not row.why or row.why in PAGE["reasons"]


def test_every_row_without_a_reason_is_evaluated_by_a_test_of_the_default_run():
    assert complaints("errata", {row.number: not row.why for row in ERRATA}, marks()) == []


@each_row
def test_a_test_written_for_one_statement_is_marked_with_its_number(row):
    """``test_a44_...`` belongs to A44, and may be marked with other numbers as well."""
    own = re.compile(rf"test_{row.number.lower()}_\w+")
    files = sorted((PROJECT / "tests" / "guide").glob("test_*.py"))
    written = {
        f"{file.relative_to(PROJECT).as_posix()}: {name}"
        for file in files
        for name in defined_in(file)
        if own.fullmatch(name)
    }
    assert written <= set(TESTS.get(row.number, []))


def test_sources_are_in_the_list_of_references_and_all_of_it_is_used():
    cited = {
        re.split(r", |$", part)[0]
        for row in ERRATA
        if row.source
        for part in row.source.split("; ")
    }
    assert cited == {reference.partition(": ")[0] for reference in PAGE["references"]}
    assert PAGE["references"] == sorted(PAGE["references"])


@each_row
def test_a_lesson_that_is_named_exists_and_names_the_statement(row):
    if row.lesson:
        assert lesson_source(row.lesson).is_file()
        assert row.number in errata_of(lesson_source(row.lesson))


def test_every_statement_that_a_lesson_names_is_right_or_has_a_row_with_a_lesson():
    sources = sorted((LESSONS / "src").glob("*.py"))
    assert sources
    lessons = {row.number: row.lesson for row in ERRATA}
    for source in sources:
        for number in errata_of(source) & set(SCOPE) - set(RIGHT):
            assert lessons.get(number), f"{source.stem}: {number}"


def test_links_of_both_pages_lead_to_files():
    for path, text in pages():
        targets = [link for link in re.findall(r"\]\(([^)]+)\)", text) if link.endswith(".py")]
        assert targets and all((path.parent / target).is_file() for target in targets)


def test_a_page_has_its_rows_under_the_sections_of_the_guide_in_order():
    text = {"en": "one", "zh": "一"}
    errata = [
        Erratum("A1", "2.1", "wrong", text, text, "", "05_x"),
        Erratum("A2", "title, 4.1, 5.3", "leak", text, text, "S 2000, §1", why="wording"),
    ]
    tests = ["tests/a/test_b.py: test_c", "tests/a/test_b.py: test_d"]
    page = as_page(errata, {"A1": tests}, "en")
    assert re.findall("^## (.*)", page, re.MULTILINE) == [
        "Title",
        "2.1 Basic concepts",
        "References",
    ]
    assert "The other 2 are listed here" in page and "1 of them are tested by number" in page
    assert as_entry(errata[1], [], "zh").splitlines() == [
        "### A2 · 与内容无关（又见 4.1、5.3 节）",
        "",
        "* **指南的说法**：一",
        "* **正确的说法**：一",
        "* **出处**：S 2000, §1",
        "* **没有测试**：只涉及措辞",
    ]
    assert as_entry(errata[0], tests, "zh").splitlines()[-2:] == [
        "* **测试**：[a/test_b](../../tests/a/test_b.py)",
        "* **课程**：[05_x](05_x.ipynb)",
    ]
