"""Exercises of lesson 17: rates of two groups, a threshold for each, the p-value of WEAT."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped, told
from minillm.course.exercises import Exercise, Property

RATES, THRESHOLDS = ("the rates", "比率"), ("the thresholds", "阈值")
P_VALUE = ("the p-value", "p 值")
SINGLE = {"rtol": 1e-5, "atol": 1e-6}  # as float32 rounds
People = tuple[np.ndarray, np.ndarray, np.ndarray]


def people(n: int, seed: int) -> People:
    """Who merits it, who is selected, and the group, both true classes in both groups."""
    rng = np.random.default_rng(seed)
    more = rng.integers(2, size=(3, n))
    true, said = [1, 0, 1, 0, *more[0]], [*rng.integers(2, size=4), *more[1]]
    order = rng.permutation(n + 4)
    groups = [0, 0, 1, 1, *np.where(rng.random(n) < 0.3 + 0.4 * (seed % 2), 0, more[2])]
    return np.array(true)[order], np.array(said)[order], np.array(groups)[order]


def counted(true: np.ndarray, said: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Selection rate, TPR and FPR of each group, person by person."""
    table = np.zeros((2, 2, 2))
    for y, d, g in zip(true, said, groups, strict=True):
        table[g, y, d] += 1
    rows = []
    for (negative, false), (missed, hit) in table:
        n = negative + false + missed + hit
        rows.append([(false + hit) / n, hit / (hit + missed), false / (false + negative)])
    return np.array(rows)


def given_rates(rates: Function, given: People) -> np.ndarray:
    """What the answer returns where there are rates; None is no answer there."""
    found = rates(*given)
    told(
        found is not None,
        "both groups have people with true = 1 and with true = 0: rates are needed, "
        "and it returns None",
        "两组都既有 true 为 1 的人，也有 true 为 0 的人，应当返回比率，却返回了 None",
    )
    return shaped(RATES, found, (2, 3))


def are_counted(rates: Function, n: int, seed: int) -> None:
    """Compare with the counts of a table."""
    given = people(n, seed)
    close(RATES, given_rates(rates, given), counted(*given), **SINGLE)


def are_alike_for_twins(rates: Function, n: int, seed: int) -> None:
    """Everybody has a twin in the other group: both rows are the same, one for all."""
    true, said, groups = people(n, seed)
    given = np.tile(true, 2), np.tile(said, 2), np.concatenate([groups, 1 - groups])
    close(RATES, given_rates(rates, given), counted(*given), **SINGLE)


def are_refused(rates: Function, n: int, group: int, kind: int, seed: int) -> None:
    """A group is empty, or all of it are of one true class."""
    true, said, groups = people(n, seed)
    kept = groups != group if kind > 1 else (groups != group) | (true == kind)
    found = rates(true[kept], said[kept], groups[kept])
    lacking = {
        0: ("nobody with true = 1", " true 为 1 的人"),
        1: ("nobody with true = 0", " true 为 0 的人"),
        2: ("nobody at all", "任何人"),
    }[kind]
    told(
        found is None,
        f"group {group} has {lacking[0]}, so None is needed, and it returns rates",
        f"组 {group} 里没有{lacking[1]}，应当是 None，却返回了比率",
    )


def scored(n: int, levels: int, seed: int) -> People:
    """Scores, of which few are different, and somebody who merits it in either group."""
    rng = np.random.default_rng(seed)
    true, groups = [1, 1, *rng.integers(2, size=n)], [0, 1, *rng.integers(2, size=n)]
    scores = np.round(rng.integers(1, levels + 1, size=n + 2) / (levels + 1), 2)
    order = rng.permutation(n + 2)
    return scores[order], np.array(true)[order], np.array(groups)[order]


def highest(scores: np.ndarray, true: np.ndarray, groups: np.ndarray, rate: float) -> np.ndarray:
    """Try every score as a threshold, from the highest down, in fractions."""
    found = []
    for g in (0, 1):
        own = [float(s) for s, y, h in zip(scores, true, groups, strict=True) if h == g and y == 1]
        for t in sorted(own, reverse=True):
            if Fraction(sum(s >= t for s in own), len(own)) >= Fraction(rate):
                found.append(t)
                break
    return np.array(found)


def rates_at(scores: np.ndarray, true: np.ndarray, groups: np.ndarray, t: np.ndarray) -> str:
    """The TPR of both groups at two thresholds, as text."""
    shares = [(scores[(groups == g) & (true == 1)] >= t[g]).mean() for g in (0, 1)]
    return f"{shares[0]:.2f}, {shares[1]:.2f}"


def reach_the_rate(thresholds: Function, n: int, eighths: int, seed: int) -> None:
    """The TPR of both groups, whatever the thresholds."""
    given, rate = scored(n, 50, seed), eighths / 8
    found = shaped(THRESHOLDS, thresholds(*given, rate), (2,))
    scores, true, groups = given
    low = [(scores[(groups == g) & (true == 1)] >= found[g] - 1e-6).mean() < rate for g in (0, 1)]
    at = rates_at(*given, found - 1e-6)
    told(
        not any(low),
        f"the TPR of the groups are {at}: at least {rate} is needed",
        f"两组的 TPR 是 {at}，应当不低于 {rate}",
    )


def are_the_highest(thresholds: Function, n: int, levels: int, eighths: int, seed: int) -> None:
    """Compare with all thresholds tried, where several people share a score."""
    given, rate = scored(n, levels, seed), eighths / 8
    found = shaped(THRESHOLDS, thresholds(*given, rate), (2,))
    close(THRESHOLDS, found, highest(*given, rate), **SINGLE)


def find_everybody(thresholds: Function, n: int, seed: int) -> None:
    """With the rate 1 it is the lowest score of those who merit it."""
    given = scored(n, 20, seed)
    close(
        THRESHOLDS,
        shaped(THRESHOLDS, thresholds(*given, 1.0), (2,)),
        highest(*given, 1.0),
        **SINGLE,
    )


def words(n: int, levels: int, apart: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of numbers, multiples of 1/8; the first lies ``apart`` eighths higher."""
    x, y = np.random.default_rng(seed).integers(-levels, levels + 1, size=(2, n)) / 8
    return x + apart / 8, y


def share_of(s_x: np.ndarray, s_y: np.ndarray) -> np.ndarray:
    """All divisions, one by one, in eighths."""
    every = [round(8 * float(s)) for s in (*s_x, *s_y)]
    n, least = len(s_x), sum(every[: len(s_x)])
    sums = [sum(half) for half in itertools.combinations(every, n)]
    return np.array(sum(one >= least for one in sums) / len(sums))


def same_p(p_value: Function, *given: np.ndarray) -> None:
    """Compare with all divisions."""
    close(P_VALUE, shaped(P_VALUE, p_value(*given), ()), share_of(*given), **SINGLE)


def of_all_divisions(p_value: Function, n: int, apart: int, seed: int) -> None:
    """Numbers that are mostly different."""
    same_p(p_value, *words(n, 40, apart, seed))


def counts_ties(p_value: Function, n: int, levels: int, seed: int) -> None:
    """Few different numbers, so that many divisions have the same sum."""
    same_p(p_value, *words(n, levels, 0, seed))


def is_smallest_where_apart(p_value: Function, n: int, seed: int) -> None:
    """All of the first set above all of the second, and the other way round."""
    x, y = words(n, 8, 20, seed)
    same_p(p_value, x, y)
    same_p(p_value, y, x)


PEOPLE = {"n": st.integers(0, 12), "seed": SEEDS}
EIGHTHS = {"eighths": st.integers(1, 8)}
FEW = {"n": st.integers(1, 4), "seed": SEEDS}

CHECKS = {
    "17.1": Exercise(
        Property(
            "the shares of each group, counted",
            "等于在各组里数出来的比例",
            are_counted,
            PEOPLE,
        ),
        Property(
            "the same for both groups where everybody has a twin in the other one",
            "每个人在另一组都有一模一样的人时，两组相同",
            are_alike_for_twins,
            PEOPLE,
        ),
        Property(
            "None where a group is empty or lacks a true class",
            "有一组是空的，或缺了 true 的一类时，是 None",
            are_refused,
            {**PEOPLE, "group": st.integers(0, 1), "kind": st.integers(0, 2)},
        ),
        none_is_an_answer=True,
    ),
    "17.2": Exercise(
        Property(
            "the TPR of both groups is at least the rate",
            "两组的 TPR 都不低于 rate",
            reach_the_rate,
            {**PEOPLE, **EIGHTHS},
        ),
        Property(
            "with the rate 1 everybody with true 1 is found, and no threshold is lower than needed",
            "rate 为 1 时，true 为 1 的人全都入选，阈值也不低过头",
            find_everybody,
            PEOPLE,
        ),
        Property(
            "they are the highest such thresholds, also where people share a score",
            "是这样的阈值中最高的，分数有相同时也是",
            are_the_highest,
            {**PEOPLE, **EIGHTHS, "levels": st.integers(1, 6)},
        ),
    ),
    "17.3": Exercise(
        Property(
            "the share of all divisions with at least that sum, the one as it is among them",
            "全部分法中和不小于它的比例，原样的也算",
            of_all_divisions,
            {**FEW, "apart": st.integers(-20, 20)},
        ),
        Property(
            "equal sums count as at least",
            "相等的和也算不小于",
            counts_ties,
            {**FEW, "levels": st.integers(0, 2)},
        ),
        Property(
            "one division where all of s_x lie above s_y, and 1 the other way round",
            "s_x 全都大于 s_y 时只有一种，反过来时是 1",
            is_smallest_where_apart,
            FEW,
        ),
    ),
}
