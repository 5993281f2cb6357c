"""Exercises of lesson 00: relative error, shapes of products, which of two methods is better."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, told
from minillm.course.exercises import Exercise, Property
from minillm.labs.statistics import T_95, mean_and_interval

T_OF_FOUR = T_95[2]  # for four values
NUMBERS = st.integers(-40, 40).map(lambda n: n / 4)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4)
SHAPES = st.lists(st.integers(1, 3), min_size=2, max_size=4).map(tuple)
SCORES = st.lists(st.integers(50, 100).map(lambda n: n / 100), min_size=4, max_size=4)


def is_relative(relative_error: Function, pairs: list[tuple[float, float]], unit: int) -> None:
    """The definition, on numbers of very different size."""
    a, b = np.array(pairs).T * 10.0**unit
    size = max(np.abs(a).max(), np.abs(b).max())
    wanted = np.abs(a - b).max() / size if size else 0.0
    with np.errstate(all="ignore"):
        found = float(relative_error(a.copy(), b.copy()))
    told(bool(np.isclose(found, wanted, rtol=1e-9, atol=0)), f"a = {a}, b = {b}: it gives {found}")


def is_symmetric(relative_error: Function, pairs: list[tuple[float, float]]) -> None:
    """Neither of the two arrays is the right one."""
    a, b = np.array(pairs).T
    with np.errstate(all="ignore"):
        one, other = (float(relative_error(*x)) for x in ((a, b), (b, a)))
    told(one == other, f"it gives {one} one way round and {other} the other")


def agrees_with_numpy(product_shape: Function, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """NumPy multiplies two arrays of these shapes, or refuses to."""
    try:
        wanted = (np.zeros(a) @ np.zeros(b)).shape
    except ValueError:
        wanted = None
    found = product_shape(a, b)
    told(
        found is None or isinstance(found, tuple), f"it gives {found!r}: a tuple or None is needed"
    )
    told(found == wanted, f"it gives {found}")


def judges(better: Function, first: list[float], second: list[float]) -> None:
    """By the interval of the paired differences."""
    d = np.array(first) - np.array(second)
    mean, half = mean_and_interval(d)
    if abs(abs(mean) - half) < 1e-9:
        return  # on the edge rounding decides
    wanted = "open" if abs(mean) < half else "first" if mean > 0 else "second"
    found = better(first, second, T_OF_FOUR)
    told(found == wanted, f"it gives {found!r} for the differences {d.round(2).tolist()}")


def is_not_fooled_by_a_common_swing(better: Function, first: list[float], gain: float) -> None:
    """Seeds that are hard for both methods say nothing against a steady gain."""
    second = [score - gain for score in first]
    found = better(first, second, T_OF_FOUR)
    told(
        found == "first", f"it gives {found!r}, though the first is better by {gain} in every seed"
    )


CHECKS = {
    "00.1": Exercise(
        Property(
            "it is the largest difference over the largest value, in any unit",
            "它等于最大的差除以最大的值，与单位无关",
            is_relative,
            {"pairs": PAIRS, "unit": st.integers(-6, 6)},
        ),
        Property(
            "both arrays count alike",
            "两个数组地位相同",
            is_symmetric,
            {"pairs": PAIRS},
        ),
        allows=("minillm",),
    ),
    "00.2": Exercise(
        Property(
            "it is the shape that NumPy gives, or None where NumPy refuses",
            "它与 NumPy 给出的形状一致；NumPy 拒绝时为 None",
            agrees_with_numpy,
            {"a": SHAPES, "b": SHAPES},
        ),
        allows=("minillm",),
        none_is_an_answer=True,
    ),
    "00.3": Exercise(
        Property(
            "a gain that is the same in every seed is seen, however the seeds scatter",
            "每个种子都提高同样多，无论种子之间多分散，都应看得出来",
            is_not_fooled_by_a_common_swing,
            {"first": SCORES, "gain": st.sampled_from([0.05, 0.1])},
        ),
        Property(
            "the interval of the differences decides",
            "由差值的区间决定",
            judges,
            {"first": SCORES, "second": SCORES},
        ),
        allows=("minillm",),
    ),
}
