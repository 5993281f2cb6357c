"""Every section of the guide: restated, with its statements, with code or the reason for none."""

import re
from dataclasses import replace

import pytest

from minillm.course.errata import PAGE, read_errata
from minillm.course.guide_lessons import LessonPlaces, guide_of, named_in
from minillm.course.guide_lines import Code
from minillm.course.guide_map import read_map
from minillm.course.guide_sections import WORDS, numbers, read_guide, read_sections, state_of
from minillm.course.pages import read_reading
from minillm.course.places import FOLDERS

GUIDE = read_guide()
CHINESE = re.compile("[一-鿿]")
SIDES = (r"\\left", r"\\right")
# the guide's own numbers; of 8.1, 8.2 and 9.3 it numbers the paragraphs
BELOW = {
    "": 10, "1": 4, "1.4": 3, "2": 2, "3": 3, "4": 2, "4.1": 3, "4.2": 2, "5": 3, "5.2": 3,
    "6": 4, "7": 3, "7.1": 3, "7.2": 3, "7.3": 3, "8": 2, "8.1": 4, "8.2": 4, "9": 3, "9.3": 4,
}  # fmt: skip

each_section = pytest.mark.parametrize("section", GUIDE.sections, ids=lambda one: one.number)


def in_order(above=""):
    """All numbers of sections, depth first."""
    for i in range(1, BELOW.get(above, 0) + 1):
        number = f"{above}.{i}" if above else str(i)
        yield number
        yield from in_order(number)


def test_every_section_of_the_guide_has_an_entry_in_the_guides_order():
    assert [one.number for one in GUIDE.sections] == ["title", "abstract", *in_order()]


@each_section
def test_a_section_is_restated_in_both_languages(section):
    for texts in (section.title, section.says, *section.parts):
        assert list(texts) == list(FOLDERS)
        assert all(text.strip() == text != "" for text in texts.values())
        assert not CHINESE.search(texts["en"])
    assert CHINESE.search(section.title["zh"])
    assert section.says["en"].endswith(".") and section.says["zh"].endswith("。")
    for formula in section.formula:
        assert "$" not in formula and not CHINESE.search(formula)
        assert formula.count("{") == formula.count("}")
        left, right = (len(re.findall(rf"{word}(?![a-z])", formula)) for word in SIDES)
        assert left == right


@each_section
def test_a_section_has_code_or_the_one_reason_that_holds(section):
    rows = GUIDE.rows_of(section)
    if GUIDE.code_of(section):
        assert section.without == ""
        return
    assert section.without in WORDS["no code"]
    assert (section.without == "not begun") == bool(rows)
    assert all(entry.open for entry, _ in rows)
    if section.without == "below":
        assert GUIDE.below(section)


def test_every_row_and_statement_stands_in_a_section_that_exists():
    sections = {one.number for one in read_sections()}
    named = [entry.sections for entry in read_map()]
    named += [row.section for row in read_errata()]
    named += [entry.section for entry in read_reading()[1]]
    assert {number for sections in named for number in numbers(sections)} <= sections
    of_sections = [entry.feature for one in GUIDE.sections for entry in GUIDE.entries_of(one)]
    assert set(of_sections) == {entry.feature for entry in GUIDE.entries}


def test_of_every_statement_it_is_said_what_became_of_it():
    lists = [
        {row.number for row in GUIDE.errata},
        {entry.row for entry in GUIDE.cited},
        {name for one in GUIDE.sections for name in one.right},
        {name for one in GUIDE.sections for name in one.later},
    ]
    assert sum(map(len, lists)) == len(set().union(*lists))  # in one list each
    assert set().union(*lists) == {f"A{number}" for number in range(1, 117)}
    assert lists[2] == set(PAGE["right"])


def test_the_title_has_the_code_of_its_rows_for_no_docstring_can_name_it():
    code = Code("minillm/labs/conflict.py", 1, "front", ("9.3",), ("G43",))
    entries = [replace(e, functions=(code,)) if e.feature == "G43" else e for e in GUIDE.entries]
    guide = replace(GUIDE, code=[code], entries=entries)
    title, abstract = guide.sections[:2]
    assert guide.code_of(title) == [code] and guide.code_of(abstract) == []
    assert [(e.feature, c) for e, c in guide.rows_of(title)] == [("G43", [code]), ("G44", [])]


def test_a_section_refers_to_subsections_only_where_there_is_code():
    by_number = {one.number: one for one in GUIDE.sections}
    for one in GUIDE.sections:
        if GUIDE.without_code(one) == "below":
            assert any(map(GUIDE.code_of, GUIDE.inside(one)))
    assert GUIDE.without_code(by_number["4"]) == "below"
    nothing = replace(GUIDE, code=[])
    assert nothing.without_code(by_number["4"]) == "not begun"


def test_a_row_is_told_by_what_is_missing():
    entry = next(entry for entry in GUIDE.entries if entry.functions)
    missing = {"en": "a dog", "zh": "一只狗"}
    told = [
        replace(entry, open={}),
        replace(entry, open=missing),
        replace(entry, open=missing, functions=()),
    ]
    assert [state_of(one, "zh") for one in told] == ["已完成", "未完成：一只狗", "一只狗"]
    assert [state_of(one, "en") for one in told] == ["done", "open: a dog", "a dog"]


def test_code_that_names_a_section_and_none_of_its_rows_brings_its_own():
    by_number = {one.number: one for one in GUIDE.sections}
    assert GUIDE.entries_of(by_number["5.2.3"]) == []
    rows = {entry.feature: [one.name for one in code] for entry, code in GUIDE.rows_of(
        by_number["5.2.3"])}  # fmt: skip
    assert set(rows) == {"G4", "G29", "G61"} and "masked_mean" in rows["G4"]
    rows = [entry.feature for entry, _ in GUIDE.rows_of(by_number["4.1.2"])]
    assert rows == ["G15", "G18"]


LESSON = """\
# ---
#     guide: ['3.1', '4.1.2']
# ---
# %% [markdown] lang="en"
# # Lesson
# Before the first section A9 is not counted.
#
# ## 1 What the guide says
#
# Sections 3.1 and 4.1.2 (A28); a loss of 5.2 and the section 3.3 of a paper.
# %% [markdown] lang="zh"
# ## 1 指南
# A99
# %%
# ## 7 code, A98
x = 1
# %% [markdown] lang="en"
# ## 2 By hand
# $A_{12} = 3.1$ and `A13`, 3.1 % of A28.
"""


def test_where_a_lesson_names_a_section_or_a_statement_is_read_from_its_english_prose():
    assert guide_of(LESSON) == ["3.1", "4.1.2"] and guide_of("x = 1") == []
    named = named_in(LESSON, ["3.1", "4.1.2"])
    assert named == {"3.1": [1], "4.1.2": [1], "A28": [1, 2]}
    lesson = LessonPlaces("05_x", {"en": "X", "zh": "某"}, ["3.1"], named)
    assert lesson.number == "05" and lesson.sections_that_name(["A28", "3.1", "A1"]) == [1, 2]


def test_a_lesson_that_does_not_name_the_section_is_referred_to_by_the_one_above():
    (data,) = (one for one in GUIDE.sections if one.number == "9.3.3")
    places = {lesson.number: sections for lesson, sections in GUIDE.lessons_of(data)}
    assert places["14"]
