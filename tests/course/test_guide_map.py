"""The guide map: a row has code or says what is missing; what is done has a test."""

import ast
import re

import pytest

from minillm.course.guide_map import read_map
from minillm.course.markers import marks
from minillm.course.places import FOLDERS, PROJECT
from tests.marked import complaints

MAP = read_map()
CHINESE = re.compile("[一-鿿]")
NAMES = {"Word2Vec", "GloVe"}  # the same in Chinese


def defined_in(path):
    """Names of the functions and classes that a file defines at its top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("entry", MAP, ids=lambda entry: entry.feature)
def test_a_row_has_code_or_says_what_is_missing_in_both_languages(entry):
    assert entry.functions or entry.open
    assert list(entry.subjects) == list(FOLDERS) and not CHINESE.search(entry.subject)
    assert entry.subjects["zh"] and (CHINESE.search(entry.subjects["zh"]) or entry.subject in NAMES)
    assert not entry.open or (list(entry.open) == list(FOLDERS) and all(entry.open.values()))
    assert (entry.open.get("en") == "not begun") == (not entry.functions)
    assert entry.code == [f"{one.file}: {one.name}" for one in entry.functions]


def test_every_feature_that_is_done_is_shown_by_a_test_of_the_default_run():
    assert complaints("guide", {entry.feature: not entry.open for entry in MAP}, marks()) == []


def test_a_lesson_that_is_named_exists():
    for entry in MAP:
        assert not entry.lesson or (PROJECT / "lessons" / f"{entry.lesson}.ipynb").is_file()


def test_every_feature_of_the_guide_is_in_the_map_once_in_order():
    assert [entry.feature for entry in MAP] == [f"G{number}" for number in range(1, 67)]
