"""The tables of lessons have every lesson, and what they name exists."""

import re

import pytest

from minillm.course.lesson_tables import Lesson, overview, plan, read_lessons
from minillm.course.places import FOLDERS, LESSONS

ROWS = read_lessons()
CHINESE = re.compile("[一-鿿]")

each_lesson = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.lesson)


def test_every_lesson_has_a_row_in_the_order_of_the_numbers():
    assert [row.lesson for row in ROWS] == sorted(
        path.stem for path in (LESSONS / "src").glob("*.py")
    )


@each_lesson
def test_a_lesson_is_described_in_both_languages_and_needs_earlier_ones(row):
    for texts in (row.title, row.goal):
        assert list(texts) == list(FOLDERS) and all(texts.values())
        assert CHINESE.search(texts["zh"]) and not CHINESE.search(texts["en"])
    earlier = [other.number for other in ROWS[: ROWS.index(row)]]
    assert set(row.needs) <= set(earlier) and row.needs == sorted(row.needs)


def test_a_row_of_each_table():
    title, goal = {"en": "X", "zh": "某"}, {"en": "do", "zh": "做"}
    lesson = Lesson("03_x", title, goal, ["01", "02"], "½", "2")
    tables = overview([lesson]), plan([lesson], "en"), plan([lesson], "zh")
    assert [table.splitlines()[2] for table in tables] == [
        "| 03 | [X](lessons/03_x.ipynb) | [某](lessons/zh/03_x.ipynb) |",
        "| 03 | [X](03_x.ipynb) | do | 01, 02 | ½ h | 2 h |",
        "| 03 | [某](03_x.ipynb) | 做 | 01、02 | ½ 小时 | 2 小时 |",
    ]
