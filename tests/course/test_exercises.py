"""How an answer is tried, and what is said about it."""

import sys
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from minillm.course.exercises import (
    Exercise,
    Misused,
    Property,
    UnknownExercise,
    WrongAnswer,
    check,
)
from minillm.course.watching import Wrong


def is_absolute(answer, x):
    found = answer(x)
    if found != abs(x):
        raise Wrong(f"it gives {found}", f"给出 {found}")


def inverse(add, subtract, x):
    assert subtract(add(x)) == x


PROPERTY = Property("it is |x|", "它是绝对值", is_absolute, {"x": st.integers(-99, 99)})
INVERSE = Property("one undoes the other", "一个抵消另一个", inverse, {"x": st.integers(-9, 9)})


@pytest.fixture(autouse=True)
def lesson(monkeypatch):
    """Lesson 99: the absolute value of an integer, and two functions that undo each other."""
    module = SimpleNamespace(CHECKS={"99.1": Exercise(PROPERTY), "99.2": Exercise(INVERSE)})
    monkeypatch.setitem(sys.modules, "minillm.course.content.checks.lesson_99", module)


def test_a_right_answer_passes(capsys):
    check("99.1", abs)
    assert capsys.readouterr().out == "99.1  ✓\n"


def test_a_wrong_answer_is_told_the_property_and_the_smallest_input(capsys):
    with pytest.raises(WrongAnswer) as caught:
        check("99.1", lambda x: x if x < 7 else -x)
    lines = str(caught.value).splitlines()
    assert "it is |x|" in lines[0] and "它是绝对值" in lines[0]
    assert lines[2].strip() == "answer(x=-1)" and lines[3].strip() == "it gives -1  ·  给出 -1"
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
    with pytest.raises(WrongAnswer, match="two results"):
        check("99.1", lambda x: abs(x) + (next(seen) == 7))
    many = iter(range(10**9))  # the same within each pair of calls
    with pytest.raises(WrongAnswer, match="two results"):
        check("99.1", lambda x: abs(x) + (next(many) in (8, 9)))


def raises(x):
    raise NotImplementedError


@pytest.mark.parametrize("stub", [..., lambda x: ..., raises], ids=["dots", "returns", "raises"])
def test_a_stub_is_neither_right_nor_an_error(stub, capsys):
    check("99.1", stub)
    out = capsys.readouterr().out
    assert "not answered yet" in out and "尚未作答" in out and "✓" not in out


def test_a_notebook_shows_the_message_without_the_way_through_our_code():
    assert WrongAnswer("one\ntwo")._render_traceback_() == ["one\ntwo"]
    assert Misused("three answers")._render_traceback_() == ["three answers"]
    assert UnknownExercise("there are 1, 2")._render_traceback_() == ["there are 1, 2"]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("99.7", r"exercise 99\.7: there are 99\.1, 99\.2"),
        ("98.1", "lesson 98 has no exercises, only 00, 01, 02, 03, .*c2, c3 have"),
        ("5.1", r"lesson 5 .did you mean \"05\"\?. has no exercises, only 00"),
        *((number, 'a number looks like "05.1"') for number in ("05", "", "05.", "../05.1")),
    ],
)
def test_an_unknown_exercise_is_refused_with_those_there_are(number, message):
    with pytest.raises(KeyError, match=message):
        check(number, abs)


@pytest.mark.parametrize("number", [5.1, abs, None])
def test_a_number_that_is_not_a_text_is_refused(number):
    with pytest.raises(TypeError, match=r'the number comes first, a text such as "05\.1", got'):
        check(number, abs)


@pytest.mark.parametrize(
    ("number", "call", "most"), [("99.1", "(answer)", 1), ("99.2", "(add, subtract)", 2)]
)
def test_too_few_and_too_many_answers_are_told_which_are_needed(number, call, most, capsys):
    needed = f'exercise {number} needs {most} answer.*check."{number}", {call[1:-1]}.*{most} 个答案'
    for n in set(range(5)) - {most}:
        with pytest.raises(TypeError, match=f"{needed}，给了 {n} 个") as caught:
            check(number, *[abs] * n)
        assert "is_absolute" not in str(caught.value) and "inverse" not in str(caught.value)
    assert capsys.readouterr().out == ""


class Answer:
    """What a student may have written instead of a function."""


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer, "a class"),
        (Answer(), "a value of type Answer"),
        (int, "a class"),
        (abs(-3), "a value of type int"),
        (None, "a value of type NoneType"),
        ("abs", "a value of type str"),
    ],
)
def test_an_answer_that_is_not_a_function_is_named(answer, kind):
    with pytest.raises(TypeError, match=f"exercise 99.1: answer must be a function, got {kind}"):
        check("99.1", answer)
    with pytest.raises(TypeError, match=f"exercise 99.2: subtract must be a function, got {kind}"):
        check("99.2", abs, answer)


def test_a_stub_among_the_answers_is_not_answered_yet_however_many_there_are(capsys):
    for answers in ((...,), (abs, ...), (..., Answer), (abs, abs, ...)):
        check("99.2", *answers)
        assert "not answered yet" in capsys.readouterr().out


def test_checks_that_lack_something_else_are_not_taken_for_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "minillm.course.content.checks.common", None)
    monkeypatch.delitem(sys.modules, "minillm.course.content.checks.lesson_05", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"checks\.common"):
        check("05.1", abs)
