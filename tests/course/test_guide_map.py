"""The guide map: a row has code or says what is missing; what is done has a test."""

import ast
import re

import pytest

from minillm.course.guide_lines import Code
from minillm.course.guide_map import Entry, as_table, links, read_map
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


def entry(feature, subject, *code, missing=None):
    functions = tuple(Code(file, 1, "f", ("1",), (feature,)) for file in code)
    return Entry(feature, "1", {"en": subject, "zh": "某"}, "", missing or {}, functions)


def test_what_was_not_begun_is_named_below_the_table():
    missing = {"en": "not begun", "zh": "尚未开始"}
    entries = [entry("G1", "texts", "a.py"), entry("G2", "x", missing=missing)]
    table = as_table(entries, {"G1": ["t.py: g"]})
    assert "| [a](a.py) | [t](t.py) | done |" in table
    assert table.count("\n| 1 |") == 1 and table.endswith("Not begun: G2 x.")
    assert "Not begun" not in as_table(entries[:1], {})
    half = entry("G3", "y", "a.py", missing={"en": "half", "zh": "一半"})
    assert "| open: half |" in as_table([half], {})
    with pytest.raises(ValueError, match="a cell of a table holds neither"):
        as_table([entry("G1", "P(x | y)", "a.py")], {})


def test_links_of_the_readme_lead_to_files():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", readme)
    assert targets and all((PROJECT / target).exists() for target in targets)


def test_a_file_is_linked_once():
    assert links(["a/b.py: f", "a/b.py: g", "c.py: h"]) == "[b](a/b.py), [c](c.py)"
