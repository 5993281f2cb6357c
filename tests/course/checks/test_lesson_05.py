"""Lesson 05's exercises: a right answer passes, wrong ones are caught, each by a property."""

import numpy as np
import pytest

from minillm import ops
from minillm.course import check
from minillm.course.checks.lesson_05 import CHECKS
from minillm.course.exercises import WrongAnswer


def softmax(scores):
    return ops.softmax(scores).data


def overflows(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


def over_all_rows(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def down_the_columns(scores):
    return ops.softmax(scores, axis=0).data


def largest_of_all_rows(scores):  # a row far below the largest has no number left
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(axis=-1, keepdims=True)


def clipped(scores):
    return overflows(np.clip(scores, -500, 500))


def backward(q, k, v, g):
    return ops.scaled_dot_product_attention.rule(q, k, v)[1](g)


def without_scale(q, k, v, g):
    dq, dk, dv = backward(q, k, v, g)
    return dq * q.shape[-1] ** 0.5, dk * q.shape[-1] ** 0.5, dv


def without_mean(q, k, v, g):
    p = softmax(q @ k.T / q.shape[-1] ** 0.5)
    ds = p * (g @ v.T) / q.shape[-1] ** 0.5
    return ds @ k, ds.T @ q, p.T @ g


def zero_scores(q, k, v, g):
    return q * 0, k * 0, backward(q, k, v, g)[2]


def swapped(q, k, v, g):
    dq, dk, dv = backward(q, k, v, g)
    return dk, dq, dv


def order_gap(f, x, order):
    return np.abs(f(x[order]) - f(x)[order]).max()


def output_not_permuted(f, x, order):
    return np.abs(f(x[order]) - f(x)).max()


def inverse_order(f, x, order):
    return np.abs(f(x[order]) - f(x)[np.argsort(order)]).max()


def signed(f, x, order):
    return (f(x[order]) - f(x)[order]).max()


def always_zero(f, x, order):
    return 0.0


def positions(n, d):
    return np.arange(n)[:, None] * np.ones(d)


def the_same_everywhere(n, d):
    return np.ones((n, d))


def even_and_odd(n, d):
    return np.arange(n)[:, None] % 2 * np.ones(d)


def along_the_width(n, d):
    return np.ones((n, 1)) * np.arange(d)


RIGHT = {"05.1": (softmax,), "05.2": (backward,), "05.3": (order_gap, positions)}
WRONG = [
    *(("05.1", (f,)) for f in (overflows, over_all_rows, down_the_columns)),
    *(("05.1", (f,)) for f in (largest_of_all_rows, clipped)),
    *(("05.2", (f,)) for f in (without_scale, without_mean, zero_scores, swapped)),
    *(("05.3", (f, positions)) for f in (output_not_permuted, inverse_order)),
    *(("05.3", (f, positions)) for f in (signed, always_zero)),
    *(("05.3", (order_gap, f)) for f in (the_same_everywhere, even_and_odd, along_the_width)),
]


@pytest.mark.parametrize("number", CHECKS)
def test_a_right_answer_passes(number, capsys):
    check(number, *RIGHT[number])
    assert capsys.readouterr().out == f"{number}  ✓\n"


@pytest.mark.parametrize(("number", "answers"), WRONG, ids=lambda x: x if x is str else None)
def test_a_wrong_answer_is_caught(number, answers):
    with pytest.raises(WrongAnswer, match=number):
        check(number, *answers)


def test_every_exercise_has_wrong_answers_to_catch():
    assert all(sum(number == given for given, _ in WRONG) >= 2 for number in CHECKS)


def test_the_counter_example_of_an_overflow_is_one_large_score():
    with pytest.raises(WrongAnswer, match="however large the scores") as caught:
        check("05.1", overflows)
    assert "scores = [[" in str(caught.value) and "not finite" in str(caught.value)


@pytest.mark.parametrize(
    ("number", "answers"),
    [
        ("05.1", (lambda s: ...,)),
        ("05.2", (lambda q, k, v, g: ...,)),
        ("05.3", (lambda f, x, order: ..., positions)),
        ("05.3", (order_gap, lambda n, d: ...)),
    ],
)
def test_half_an_answer_is_no_answer(number, answers, capsys):
    check(number, *answers)
    assert "not answered yet" in capsys.readouterr().out
