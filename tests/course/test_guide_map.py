"""The guide map: its references lead to code, every feature that is done has a test."""

import ast
import re

import pytest

from minillm.course.guide_map import Entry, as_table, links, read_map
from minillm.course.markers import marks
from minillm.course.places import PROJECT
from tests.marked import complaints

MAP = read_map()


def defined_in(path):
    """Names of the functions and classes that a file defines at its top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("entry", MAP, ids=lambda entry: entry.feature)
def test_every_reference_leads_to_code_that_exists(entry):
    assert entry.code or entry.open
    for reference in entry.code:
        assert re.fullmatch(r"minillm/\S+: \w+", reference)
        file, _, name = reference.partition(": ")
        assert (PROJECT / file).is_file(), reference
        assert name in defined_in(PROJECT / file), reference


def test_every_feature_that_is_done_is_shown_by_a_test_of_the_default_run():
    assert complaints("guide", {entry.feature: not entry.open for entry in MAP}, marks()) == []


def test_a_lesson_that_is_named_exists():
    for entry in MAP:
        assert not entry.lesson or (PROJECT / "lessons" / f"{entry.lesson}.ipynb").is_file()


def test_every_feature_of_the_guide_is_in_the_map_once_in_order():
    assert [entry.feature for entry in MAP] == [f"G{number}" for number in range(1, 67)]


def test_what_was_not_begun_is_named_below_the_table():
    entries = [Entry("G1", "1", "texts", ["a.py: f"]), Entry("G2", "2", "x", [])]
    table = as_table(entries, {"G1": ["t.py: g"]})
    assert "| [a](a.py) | [t](t.py) |" in table
    assert table.count("\n| 1 |") == 1 and table.endswith("Not begun: G2 x.")
    assert "Not begun" not in as_table(entries[:1], {})
    with pytest.raises(ValueError, match="a cell of a table holds neither"):
        as_table([Entry("G1", "1", "P(x | y)", ["a.py: f"])], {})


def test_links_of_the_readme_lead_to_files():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", readme)
    assert targets and all((PROJECT / target).exists() for target in targets)


def test_a_file_is_linked_once():
    assert links(["a/b.py: f", "a/b.py: g", "c.py: h"]) == "[b](a/b.py), [c](c.py)"
