"""Exercises of case study c2: where payloads went, an upper limit, one thing at a time."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, told
from minillm.course.exercises import Exercise, Property

Kinds = list[tuple[str, str]]
Runs = list[tuple[dict[str, Any], float]]
KINDS = ("refused", "payload", "other")


def counts_lost_payloads(lost_payloads: Function, kinds: Kinds) -> None:
    """Payloads that are none any more, and how many of them are refused."""
    before, after = [b for b, _ in kinds], [a for _, a in kinds]
    lost = [now for was, now in kinds if was == "payload" != now]
    wanted = (len(lost), lost.count("refused"))
    found = lost_payloads(before, after)
    pair = isinstance(found, tuple | list) and len(found) == 2
    told(pair, f"it returns {found!r:.60}, not two numbers", f"返回的是 {found!r:.60}，不是两个数")
    told(
        tuple(found) == wanted,
        f"it gives {tuple(found)}, not {wanted}",
        f"得到的是 {tuple(found)}，应为 {wanted}",
    )


def solves_the_equation(upper_limit: Function, requests: int, share: float) -> None:
    """The sum at the limit is 0.05, and 1 is the limit where all got through."""
    through = round(share * requests)
    q = upper_limit(through, requests)
    number = isinstance(q, int | float) or getattr(q, "shape", None) == ()
    told(number, f"it returns {q!r:.60}, not a number", f"返回的是 {q!r:.60}，不是一个数")
    q, wanted = float(q), limit(through, requests)
    told(
        abs(q - wanted) <= 2e-6,
        f"it gives {q:.7f}, not {wanted:.7f}, for {through} of {requests}",
        f"{requests} 次中得手 {through} 次，得到的是 {q:.7f}，应为 {wanted:.7f}",
    )


def limit(through: int, requests: int) -> float:
    """The largest rate at which ``through`` or fewer are as probable as 0.05."""
    low, high = 0.0, 1.0
    while through < requests and high - low > 1e-9:
        middle = (low + high) / 2
        terms = (
            math.comb(requests, k) * middle**k * (1 - middle) ** (requests - k)
            for k in range(through + 1)
        )
        low, high = (middle, high) if sum(terms) > 0.05 else (low, middle)
    return high


def names_what_alone_moved_the_result(causes: Function, runs: Runs, least: float) -> None:
    """Keys in which alone two runs differ whose results do."""
    wanted = sorted({key for key in KEYS if moves(runs, key, least)})
    found = causes(runs, least)
    told(
        found == wanted,
        f"it gives {found!r:.80}, not {wanted}",
        f"得到的是 {found!r:.80}，应为 {wanted}",
    )


def moves(runs: Runs, key: str, least: float) -> bool:
    """Whether two runs that differ in this key alone differ in their results."""
    for one, result in runs:
        for other, again in runs:
            alone = {k for k in one if one[k] != other[k]} == {key}
            if alone and abs(result - again) >= least:
                return True
    return False


KEYS = ("steps", "replay", "width")
# the results are whole numbers, so that no difference is a rounding away from least
RUNS = st.lists(st.sampled_from(KEYS), min_size=1, unique=True).flatmap(
    lambda keys: st.lists(
        st.tuples(
            st.fixed_dictionaries({key: st.sampled_from([0, 0.25]) for key in keys}),
            st.integers(0, 8).map(float),
        ),
        max_size=5,
    )
)

CHECKS = {
    "c2.1": Exercise(
        Property(
            "payloads that are none any more are counted, and those of them that are refused",
            "数出不再得手的有几个，其中被拒绝的有几个",
            counts_lost_payloads,
            {"kinds": st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)))},
        ),
    ),
    "c2.2": Exercise(
        Property(
            "at the limit so few or fewer are as probable as 0.05; if all got through it is 1",
            "在上限处，得手这么少或更少的概率恰为 0.05；全部得手时上限为 1",
            solves_the_equation,
            {"requests": st.integers(1, 200), "share": st.sampled_from([0, 0, 0.1, 0.4, 0.9, 1])},
        ),
    ),
    "c2.3": Exercise(
        Property(
            "a key counts if two runs differ in it alone and their results by at least least",
            "两次运行只在一个键上不同，结果相差不小于 least，这个键才算",
            names_what_alone_moved_the_result,
            {"runs": RUNS, "least": st.integers(1, 6).map(float)},
        ),
    ),
}
