"""How an answer is tried, and what is said about it."""

import sys
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from minillm.course.exercises import Property, WrongAnswer, answered, check


def is_absolute(answer, x):
    assert answered(answer(x)) == abs(x), f"it gives {answer(x)}"


PROPERTY = Property("it is |x|", "它是绝对值", is_absolute, {"x": st.integers(-99, 99)})


@pytest.fixture(autouse=True)
def lesson(monkeypatch):
    """Lesson 99 with one exercise: the absolute value of an integer."""
    module = SimpleNamespace(CHECKS={"99.1": [PROPERTY]})
    monkeypatch.setitem(sys.modules, "minillm.course.content.checks.lesson_99", module)


def test_a_right_answer_passes(capsys):
    check("99.1", abs)
    assert capsys.readouterr().out == "99.1  ✓\n"


def test_a_wrong_answer_is_told_the_property_and_the_smallest_input(capsys):
    with pytest.raises(WrongAnswer) as caught:
        check("99.1", lambda x: x if x < 7 else -x)
    lines = str(caught.value).splitlines()
    assert "it is |x|" in lines[0] and "它是绝对值" in lines[0]
    assert lines[2].strip() == "x = -1" and lines[3].strip() == "it gives -1"
    assert capsys.readouterr().out == ""


def test_the_message_is_the_same_in_every_run():
    messages = set()
    for _ in range(3):
        with pytest.raises(WrongAnswer) as caught:
            check("99.1", lambda x: min(x, 50))
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_an_answer_that_raises_is_told_its_error():
    with pytest.raises(WrongAnswer, match="ZeroDivisionError: "):
        check("99.1", lambda x: x // 0)


def test_an_answer_that_changes_its_mind_is_wrong():
    seen = iter(range(10**9))
    with pytest.raises(WrongAnswer):
        check("99.1", lambda x: abs(x) + (next(seen) == 7))


def raises(x):
    raise NotImplementedError


@pytest.mark.parametrize("stub", [..., lambda x: ..., raises], ids=["dots", "returns", "raises"])
def test_a_stub_is_neither_right_nor_an_error(stub, capsys):
    check("99.1", stub)
    out = capsys.readouterr().out
    assert "not answered yet" in out and "尚未作答" in out and "✓" not in out


def test_a_notebook_shows_the_message_without_the_way_through_our_code():
    assert WrongAnswer("one\ntwo")._render_traceback_() == ["one\ntwo"]


def test_an_unknown_exercise_is_refused_with_those_there_are():
    with pytest.raises(KeyError, match=r"exercise 99\.7: there are 99\.1"):
        check("99.7", abs)


def test_checks_that_lack_something_else_are_not_taken_for_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "minillm.course.content.checks.common", None)
    monkeypatch.delitem(sys.modules, "minillm.course.content.checks.lesson_05", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"checks\.common"):
        check("05.1", abs)


def test_a_lesson_without_exercises_is_refused():
    with pytest.raises(KeyError, match="lesson 98 has no exercises"):
        check("98.1", abs)
