"""What the cells of a lesson must be: short, their asserts told, their numbers made by something.

Each demand is a function of a source, so that planted violations can be tried on it.
"""

import ast
import json

import pytest

from minillm.course.literals import listed_literals, literals_of
from minillm.course.notebooks import as_notebook
from minillm.course.places import LESSONS

SOURCES = sorted((LESSONS / "src").glob("*.py"))
LONGEST = 25  # lines of a code cell
each_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def code_of(source, edition="teacher"):
    cells = json.loads(as_notebook(source, "en", edition))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@each_lesson
def test_no_code_cell_is_long(source):
    long = {cell.splitlines()[0]: len(cell.splitlines()) for cell in code_of(source)}
    assert {first: n for first, n in long.items() if n > LONGEST} == {}


@each_lesson
def test_every_assert_says_what_it_guards(source):
    found = [node for cell in code_of(source) for node in ast.walk(ast.parse(cell))]
    asserts = [node for node in found if isinstance(node, ast.Assert)]
    assert [ast.unparse(node) for node in asserts if node.msg is None] == []


@each_lesson
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_number_typed_in_prose_is_listed_with_a_reason(source, language):
    typed, listed = literals_of(source, language), listed_literals(source)
    assert sorted(typed - listed) == []


@each_lesson
def test_no_listed_number_is_idle(source):
    typed = literals_of(source, "en") | literals_of(source, "zh")
    assert sorted(listed_literals(source) - typed) == []
