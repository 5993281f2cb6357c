"""Exercises of every lesson: right answers pass, wrong ones are caught, half a one is told so.

``answers_NN.py`` beside this file has, for lesson NN: ``RIGHT`` and ``WRONG`` (number, what it is
like, answers: a function, or a tuple where the exercise has several), ``HALF`` (number, answers),
and ``MESSAGES``, what a student must read on some wrong answers.
"""

import importlib.util
import re
from pathlib import Path

import pytest

from minillm.course import check, exercises
from minillm.course.exercises import WrongAnswer, lesson_checks
from minillm.course.places import LESSONS
from tests.sampled import mostly_slow

HERE = Path(__file__).parent


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ANSWERS = {path.stem.removeprefix("answers_"): load(path) for path in HERE.glob("answers_*.py")}
KINDS = {
    *("library call", "hard-coded size", "hard-coded constant", "changes its input"),
    *("ignores an argument", "small numbers only", "one dtype only"),
    *("global state", "depends on calls"),
}
LONGEST = 12  # lines of a message
SHARE = 3  # one of each so many answers is tried in every run, and all in the slow one


def several(answers):
    return answers if isinstance(answers, tuple) else (answers,)


def listed(name):
    """All (number, what it is like, answers) under one name."""
    found = []
    for module in ANSWERS.values():
        for number, *kind, answers in getattr(module, name):
            found.append((number, *(kind or ["half"]), several(answers)))
    return found


RIGHT, WRONG, HALF = listed("RIGHT"), listed("WRONG"), listed("HALF")
FIRST = list({number: entry for entry in reversed(RIGHT) for number in entry[:1]}.values())
OTHERS = [entry for entry in RIGHT if entry not in FIRST]
MESSAGES = [pair for module in ANSWERS.values() for pair in module.MESSAGES.items()]
CHINESE = re.compile("[一-鿿]")


def numbers_of(entries):
    return [number for number, *_ in entries]


def names_of(entries):
    return [f"{number} {kind}" for number, kind, _ in entries]


def test_every_lesson_has_answers():
    lessons = {path.stem.partition("_")[0] for path in (LESSONS / "src").glob("*.py")}
    assert lessons == set(ANSWERS)


@pytest.mark.parametrize("lesson", sorted(ANSWERS))
def test_every_exercise_has_right_answers_and_wrong_ones_of_many_kinds(lesson):
    for number in lesson_checks(lesson):
        assert numbers_of(RIGHT).count(number) >= 3, number
        kinds = {kind for n, kind, _ in WRONG if n == number}
        assert len(kinds) >= 6 and len(kinds & KINDS) >= 3, (number, kinds)
        assert number in numbers_of(HALF)
    assert set(numbers_of(ANSWERS[lesson].WRONG)) == set(lesson_checks(lesson))


@pytest.mark.parametrize("lesson", sorted(ANSWERS))
def test_the_answers_of_a_check_have_the_names_that_its_lesson_hands_in(lesson):
    (source,) = (LESSONS / "src").glob(f"{lesson}_*.py")
    text = source.read_text(encoding="utf-8")
    calls = re.findall(r'^check\("([\w.]+)", (.*)\)', text, re.MULTILINE)
    wanted = {number: names.split(", ") for number, names in calls}
    for number, exercise in lesson_checks(lesson).items():
        assert all(one.answers == wanted[number] for one in exercise.properties), number


def passes(number, answers, capsys):
    check(number, *answers)
    assert capsys.readouterr().out == f"{number}  ✓\n"


@pytest.mark.parametrize(("number", "kind", "answers"), mostly_slow(FIRST, names_of(FIRST), SHARE))
def test_a_right_answer_passes(number, kind, answers, capsys):
    passes(number, answers, capsys)


@pytest.mark.parametrize(
    ("number", "kind", "answers"), mostly_slow(OTHERS, names_of(OTHERS), SHARE)
)
def test_other_right_answers_pass_the_first_cases(number, kind, answers, capsys, monkeypatch):
    monkeypatch.setattr(exercises, "EXAMPLES", 15)
    passes(number, answers, capsys)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "kind", "answers"), OTHERS, ids=names_of(OTHERS))
def test_other_right_answers_pass_all_cases(number, kind, answers, capsys):
    passes(number, answers, capsys)


@pytest.mark.parametrize(("number", "kind", "answers"), mostly_slow(WRONG, names_of(WRONG), SHARE))
def test_a_wrong_answer_is_caught(number, kind, answers, monkeypatch):
    """By the first cases, or by all; the smallest one is the slow run's, and of the messages."""
    monkeypatch.setattr(exercises, "PHASES", ("generate",))
    try:
        with monkeypatch.context() as first:
            first.setattr(exercises, "EXAMPLES", 20)
            is_caught(number, answers)
    except pytest.fail.Exception:
        is_caught(number, answers)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "kind", "answers"), WRONG, ids=names_of(WRONG))
def test_a_wrong_answer_is_caught_on_its_smallest_case(number, kind, answers):
    is_caught(number, answers)


def is_caught(number, answers):
    with pytest.raises(WrongAnswer, match=number) as caught:
        check(number, *answers)
    lines = str(caught.value).splitlines()
    assert len(lines) <= LONGEST
    told = [line.partition("  ·  ") for line in lines if "  ·  " in line]
    assert len(told) >= 2 and all(CHINESE.search(chinese) for *_, chinese in told)


@pytest.mark.parametrize(("number", "kind", "answers"), HALF, ids=names_of(HALF))
def test_half_an_answer_is_no_answer(number, kind, answers, capsys):
    check(number, *answers)
    assert "not answered yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "parts"),
    mostly_slow(MESSAGES, [f"{wrong[0]} {i}" for i, (wrong, _) in enumerate(MESSAGES)], SHARE),
)
def test_the_message_says_what_is_wrong_and_on_which_input(wrong, parts):
    number, *_, answers = wrong
    with pytest.raises(WrongAnswer) as caught:
        check(number, *several(answers))
    assert all(part in str(caught.value) for part in parts)
