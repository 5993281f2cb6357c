"""The judge says of every answer that the tests know what ``check`` says without it."""

import contextlib
import importlib.util
import io
from pathlib import Path

import pytest

from minillm.course import check
from minillm.course.exercises import WrongAnswer
from minillm.course.judge.answering import ADDRESS
from minillm.course.judge.judging import Judge

# answers that differ from call to call are found out in one call or another
UNSTEADY = "it gives two results", "produces unreliable results"
CHECKS = Path(__file__).parent.parent / "content" / "checks"


def listed():
    spec = importlib.util.spec_from_file_location("test_answers", CHECKS / "test_answers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    right, wrong, half = (module.listed(name) for name in ("RIGHT", "WRONG", "HALF"))
    return [(number, answers) for number, _, answers in [*right, *wrong, *half]]


ANSWERS = listed()


def said(number, answers):
    shown = io.StringIO()
    try:
        with contextlib.redirect_stdout(shown):
            check(number, *answers)
    except WrongAnswer as error:
        return str(error)
    return shown.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("lesson", sorted({number.partition(".")[0] for number, _ in ANSWERS}))
def test_every_answer_is_told_the_same_with_a_judge_and_without(lesson, monkeypatch, tmp_path):
    mine = [(number, answers) for number, answers in ANSWERS if number.startswith(f"{lesson}.")]
    without = [said(*answer) for answer in mine]
    with Judge(tmp_path) as judge:
        for name, value in judge.environment.items():
            monkeypatch.setenv(name, value)
        with_judge = [said(*answer) for answer in mine]
        monkeypatch.delenv(ADDRESS)
    for answer, one, other in zip(mine, with_judge, without, strict=True):
        number = answer[0]
        draws = one != other and said(*answer) != other  # for itself, another case each time
        if draws or any(word in one + other for word in UNSTEADY):
            assert "✗" in one and "✗" in other, number
        elif " at 0x" in other:  # an object that says nothing of itself
            assert one.splitlines()[:2] == other.splitlines()[:2], number
        else:
            assert one == other, number
