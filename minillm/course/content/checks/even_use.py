"""The balance loss of a router's scores, and its gradient: counts have no slope."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, parts, shaped
from minillm.course.exercises import Exercise, Property

LOSS = ("the loss", "损失")
GRADIENT = ("the gradient", "梯度")
SINGLE = {"rtol": 1e-4, "atol": 1e-5}  # as float32 rounds


def routed(n: int, experts: int, seed: int) -> np.ndarray:
    """Scores, of which no two of a token are equal; some expert may be nobody's first choice."""
    rng = np.random.default_rng(seed)
    scores = np.array([rng.permutation(experts) for _ in range(n)]) / 2
    return np.asarray(
        scores + rng.integers(-2, 3, (n, 1)) + 0.01 * rng.integers(-9, 10, (n, experts))
    )


def tied(n: int, experts: int, seed: int) -> np.ndarray:
    """Scores of which two of every token are the highest: equal, or the later one by 1/1000."""
    rng = np.random.default_rng(seed)
    scores = np.round(rng.uniform(-2, 0, (n, experts)), 1)
    for row in scores:
        first, last = np.sort(rng.choice(experts, 2, replace=False))
        row[[first, last]] = 0.5
        row[last] += rng.choice([0.0, 0.001])
    return scores


def of_softmax(scores: list[list[float]], first: list[int]) -> float:
    """The loss with these first choices, expert by expert."""
    n, experts = len(scores), len(scores[0])
    total = 0.0
    for e in range(experts):
        share = first.count(e) / n
        mean = 0.0
        for row in scores:
            most = max(row)
            mean += math.exp(row[e] - most) / sum(math.exp(s - most) for s in row) / n
        total += share * mean
    return experts * total


def first_choices(scores: np.ndarray) -> list[int]:
    """The expert with the highest score of each token; of equal ones the first."""
    return [row.index(max(row)) for row in scores.tolist()]


def differences(scores: np.ndarray, first: list[int]) -> np.ndarray:
    """Central differences of the loss along each score, with the choices as they are."""
    found = np.empty(scores.shape)
    for place in np.ndindex(found.shape):
        ends = []
        for step in (1e-5, -1e-5):
            near = np.array(scores, dtype=float)
            near[place] += step
            ends.append(of_softmax(near.tolist(), first))
        found[place] = (ends[0] - ends[1]) / 2e-5
    return found


def same_balance(balance: Function, scores: np.ndarray) -> None:
    """Compare loss and gradient with what is counted and with central differences."""
    loss, gradient = parts(balance(scores), LOSS, GRADIENT)
    first = first_choices(scores)
    wanted = np.array(of_softmax(scores.tolist(), first))
    close(LOSS, shaped(LOSS, loss, ()), wanted, **SINGLE)
    slopes = differences(scores, first)
    close(GRADIENT, shaped(GRADIENT, gradient, scores.shape), slopes, **SINGLE)


def is_one_where_use_is_even(balance: Function, experts: int, times: int, seed: int) -> None:
    """Each expert is the first choice of as many tokens."""
    rng = np.random.default_rng(seed)
    one = rng.permutation(np.tile(np.eye(experts), (times, 1)))
    same_balance(balance, 2 * one)


def counts_first_choices(balance: Function, n: int, experts: int, seed: int) -> None:
    """Use as it comes."""
    same_balance(balance, routed(n, experts, seed))


def takes_the_first_of_equal_ones(balance: Function, n: int, experts: int, seed: int) -> None:
    """Ties go to the first, and what is higher by little is no tie."""
    same_balance(balance, tied(n, experts, seed))


def is_right_when_sure(balance: Function, n: int, experts: int, seed: int) -> None:
    """Scores of a thousand, all tokens at one expert."""
    scores = 1000 + routed(n, experts, seed)
    scores[:, seed % experts] += 3
    same_balance(balance, scores)


ROUTED = {"n": st.integers(1, 6), "experts": st.integers(2, 4), "seed": SEEDS}
EVEN_USE = Exercise(
    Property(
        "1 where use is even",
        "用得均匀时是 1",
        is_one_where_use_is_even,
        {"experts": st.integers(2, 4), "times": st.integers(1, 3), "seed": SEEDS},
    ),
    Property(
        "shares of first choices times mean probabilities; the gradient goes through these alone",
        "首选的比例乘平均概率；梯度只经过后者",
        counts_first_choices,
        ROUTED,
    ),
    Property(
        "a token counts for the largest score alone, and for the first of equal ones",
        "一个词元只算给分数最大的一个专家，相等时算给前面的",
        takes_the_first_of_equal_ones,
        ROUTED,
    ),
    Property(
        "right with large scores, and where all tokens choose one expert",
        "分数很大、词元全选同一个专家时也正确",
        is_right_when_sure,
        ROUTED,
    ),
)
