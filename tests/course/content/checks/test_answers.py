"""Exercises of every lesson: a right answer passes, wrong ones are caught, half a one is told so.

``answers_NN.py`` beside this file has, for lesson NN: ``RIGHT`` (one for each exercise), ``WRONG``
and ``HALF`` (number, answers), and ``MESSAGES``, what a student must read on some wrong answers.
"""

import importlib.util
import re
from pathlib import Path

import pytest

from minillm.course import check
from minillm.course.exercises import WrongAnswer, lesson_checks
from minillm.course.places import LESSONS

HERE = Path(__file__).parent


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ANSWERS = {path.stem.removeprefix("answers_"): load(path) for path in HERE.glob("answers_*.py")}
RIGHT = [pair for module in ANSWERS.values() for pair in module.RIGHT.items()]
WRONG = [pair for module in ANSWERS.values() for pair in module.WRONG]
HALF = [pair for module in ANSWERS.values() for pair in module.HALF]
MESSAGES = [pair for module in ANSWERS.values() for pair in module.MESSAGES.items()]


def numbers_of(pairs):
    return [number for number, _ in pairs]


def test_every_lesson_has_answers():
    lessons = {path.stem.partition("_")[0] for path in (LESSONS / "src").glob("*.py")}
    assert lessons == set(ANSWERS)


@pytest.mark.parametrize("lesson", sorted(ANSWERS))
def test_every_exercise_has_a_right_answer_and_at_least_two_wrong_ones(lesson):
    numbers = list(lesson_checks(lesson))
    assert numbers_of(ANSWERS[lesson].RIGHT.items()) == numbers
    assert all(numbers_of(WRONG).count(number) >= 2 for number in numbers)
    assert all(number in numbers_of(HALF) for number in numbers)


@pytest.mark.parametrize("lesson", sorted(ANSWERS))
def test_the_answers_of_a_check_have_the_names_that_its_lesson_hands_in(lesson):
    (source,) = (LESSONS / "src").glob(f"{lesson}_*.py")
    text = source.read_text(encoding="utf-8")
    calls = re.findall(r'^check\("([\w.]+)", (.*)\)', text, re.MULTILINE)
    wanted = {number: names.split(", ") for number, names in calls}
    for number, properties in lesson_checks(lesson).items():
        assert all(one.answers == wanted[number] for one in properties), number


@pytest.mark.parametrize(("number", "answers"), RIGHT, ids=numbers_of(RIGHT))
def test_a_right_answer_passes(number, answers, capsys):
    check(number, *answers)
    assert capsys.readouterr().out == f"{number}  ✓\n"


@pytest.mark.parametrize(("number", "answers"), WRONG, ids=numbers_of(WRONG))
def test_a_wrong_answer_is_caught(number, answers):
    with pytest.raises(WrongAnswer, match=number):
        check(number, *answers)


@pytest.mark.parametrize(("number", "answers"), HALF, ids=numbers_of(HALF))
def test_half_an_answer_is_no_answer(number, answers, capsys):
    check(number, *answers)
    assert "not answered yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "parts"), MESSAGES, ids=numbers_of(wrong for wrong, _ in MESSAGES)
)
def test_the_message_says_what_is_wrong_and_on_which_input(wrong, parts):
    number, answer = wrong
    with pytest.raises(WrongAnswer) as caught:
        check(number, answer)
    assert all(part in str(caught.value) for part in parts)
