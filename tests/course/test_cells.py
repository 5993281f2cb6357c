"""What the cells of a lesson must be: short, their asserts told, their numbers made by something.

Each demand is a function of a source, so that planted violations can be tried on it.
"""

import ast

import pytest

from minillm.course.literals import listed_literals, literals_of
from minillm.course.places import LESSONS
from tests.course.built import notebook_of

SOURCES = sorted((LESSONS / "src").glob("*.py"))
LONGEST = 25  # lines of a code cell
WHOLE = 60  # of one tagged ``whole``: everything on one page
each_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def cells_of(source, edition="teacher"):
    cells = notebook_of(source, "en", edition)["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def code_of(source, edition="teacher"):
    return ["".join(cell["source"]) for cell in cells_of(source, edition)]


def too_long(source):
    """The first line of every code cell that has more lines than it may, and their number."""
    found = {}
    for cell in cells_of(source):
        lines = "".join(cell["source"]).splitlines()
        most = WHOLE if "whole" in cell["metadata"].get("tags", []) else LONGEST
        if len(lines) > most:
            found[lines[0]] = len(lines)
    return found


@each_lesson
def test_no_code_cell_is_long(source):
    assert too_long(source) == {}


@each_lesson
def test_what_is_whole_stands_behind_the_cell_that_sets_a_lesson_up(source):
    assert places_of_the_whole(source) in ([], [1])


def places_of_the_whole(source):
    """Which of the student's code cells are tagged ``whole``."""
    tags = [cell["metadata"].get("tags", []) for cell in cells_of(source, "student")]
    return [place for place, found in enumerate(tags) if "whole" in found]


def test_lesson_08_opens_with_the_whole_of_a_gpt():
    (source,) = (source for source in SOURCES if source.stem.startswith("08"))
    assert places_of_the_whole(source) == [1]
    whole = code_of(source, "student")[1]
    for part in ("Tokenizer.train", "class MyGpt", "fit(", "rng.choice"):
        assert part in whole


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
