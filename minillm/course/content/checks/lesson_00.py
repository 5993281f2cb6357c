"""Exercises of lesson 00: relative error, shapes of products, which of two methods is better."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, shaped, told
from minillm.course.exercises import Exercise, Property

Shape = tuple[int, ...]
Pair = tuple[np.ndarray, np.ndarray]
Scores = tuple[list[float], list[float]]
AXES = st.sampled_from([(1,), (2,), (3,), (2, 2), (1, 3), (2, 1, 2)])
SHAPES = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)
PERCENT = st.integers(50, 99)
SURE = st.sampled_from([2.0, 4.3, 12.7])  # values of t


def pairs(most: int = 40) -> st.SearchStrategy[Pair]:
    """Two arrays of whole numbers of one shape."""

    def of(shape: Shape) -> st.SearchStrategy[Pair]:
        size = int(np.prod(shape))
        numbers = st.lists(st.integers(-most, most), min_size=2 * size, max_size=2 * size)
        return numbers.map(lambda found: tuple(np.array(found).reshape(2, *shape)))

    return AXES.flatmap(of)


@st.composite
def fitting(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """Two shapes whose product exists, or which differ in one axis from such a pair."""
    n, k, m = draw(st.tuples(*[st.integers(1, 4)] * 3))
    leading = draw(st.lists(st.tuples(st.integers(2, 3), st.sampled_from("=ab")), max_size=2))
    first = [1 if keep == "a" else size for size, keep in leading]
    second = [1 if keep == "b" else size for size, keep in leading]
    cut = draw(st.integers(0, len(second)))
    one, other = (*first, n, k), (*second[cut:], k, m)
    return draw(st.sampled_from([(one, other), ((*second[cut:], n, k), (*first, k, m))]))


@st.composite
def close_calls(draw: st.DrawFn) -> tuple[Scores, float]:
    """Two lists of scores, and a t with which their interval nearly ends at zero."""
    n = draw(st.integers(2, 6))
    first, second = (np.array(draw(st.lists(PERCENT, min_size=n, max_size=n))) for _ in range(2))
    d = first - second
    size = abs(d.mean()) * n**0.5 / max(d.std(ddof=1), 1e-9)  # the t that leads just to zero
    t = draw(st.sampled_from([0.8, 1.25])) * size if 0.1 < size < 100 else draw(SURE)
    return ((first / 100).tolist(), (second / 100).tolist()), round(float(t), 2)


def is_relative(relative_error: Function, pair: Pair, unit: int) -> None:
    """The definition, on numbers of very different size."""
    a, b = (x * 10.0**unit for x in pair)
    judge_error(relative_error(a, b), a, b)


def takes_whole_numbers(relative_error: Function, pair: Pair) -> None:
    """Arrays of integers count like others."""
    judge_error(relative_error(*pair), *pair)


def judge_error(found: object, a: np.ndarray, b: np.ndarray) -> None:
    """Compare an answer with the definition."""
    size = max(np.abs(a).max(), np.abs(b).max())
    wanted = np.abs(a - b).max() / size if size else 0.0
    number = float(shaped(("the result", "结果"), found, ()))
    right = bool(np.isclose(number, wanted, rtol=1e-9, atol=0))
    told(right, f"it gives {number}", f"得到的是 {number}")


def is_symmetric(relative_error: Function, pair: Pair) -> None:
    """Neither of the two arrays is the right one."""
    a, b = (x * 1.0 for x in pair)
    one = float(shaped(("the result", "结果"), relative_error(a, b), ()))
    other = float(shaped(("the result", "结果"), relative_error(b, a), ()))
    told(
        bool(np.isclose(one, other, rtol=1e-9, atol=0)),
        f"it gives {one} one way round and {other} the other",
        f"一种次序得 {one}，换过来得 {other}",
    )


def agrees_with_numpy(product_shape: Function, shapes: tuple[Shape, Shape]) -> None:
    """NumPy multiplies two arrays of these shapes, or refuses to."""
    try:
        wanted = (np.zeros(shapes[0]) @ np.zeros(shapes[1])).shape
    except ValueError:
        wanted = None
    found = product_shape(*shapes)
    told(
        found is None or isinstance(found, tuple),
        f"it gives {found!r}: a tuple or None is needed",
        f"得到的是 {found!r}：应当是元组或 None",
    )
    told(found == wanted, f"it gives {found}", f"得到的是 {found}")


def judges(better: Function, case: tuple[Scores, float]) -> None:
    """By the interval of the paired differences, with the t that is given."""
    (first, second), t = case
    d = np.array(first) - np.array(second)
    mean, half = d.mean(), t * d.std(ddof=1) / len(d) ** 0.5
    if abs(abs(mean) - half) < 1e-9:
        return  # on the edge rounding decides
    wanted = "open" if abs(mean) < half else "first" if mean > 0 else "second"
    found = better(first, second, t)
    told(
        isinstance(found, str) and found == wanted,
        f"it gives {found!r} for the differences {d.round(2).tolist()}",
        f"差值为 {d.round(2).tolist()} 时，得到的是 {found!r}",
    )


def is_not_fooled_by_a_common_swing(
    better: Function, scores: list[int], gain: int, t: float
) -> None:
    """Seeds that are hard for both methods say nothing against a steady gain."""
    first, second = [s / 100 for s in scores], [(s - gain) / 100 for s in scores]
    found = better(first, second, t)
    told(
        isinstance(found, str) and found == "first",
        f"it gives {found!r}, though the first is better by {gain / 100} in every seed",
        f"得到的是 {found!r}，但第一个方法在每个种子上都高 {gain / 100}",
    )


def leaves_equals_open(better: Function, scores: list[int], t: float) -> None:
    """The same scores twice: the interval is the point zero, and zero lies on its end."""
    found = better([s / 100 for s in scores], [s / 100 for s in scores], t)
    told(
        isinstance(found, str) and found == "open",
        f"it gives {found!r} for two equal lists, needed is 'open'",
        f"两列数完全相同，得到的是 {found!r}，应为 'open'",
    )


CHECKS = {
    "00.1": Exercise(
        Property(
            "it is the largest difference over the largest value, in any unit",
            "它等于最大的差除以最大的值，与单位无关",
            is_relative,
            {"pair": pairs(), "unit": st.integers(-6, 6)},
        ),
        Property("both arrays count alike", "两个数组地位相同", is_symmetric, {"pair": pairs()}),
        Property(
            "arrays of integers count like others",
            "整数数组与其他数组一样对待",
            takes_whole_numbers,
            {"pair": pairs()},
        ),
    ),
    "00.2": Exercise(
        Property(
            "where the product exists, it is the shape that NumPy gives",
            "可以相乘时，它与 NumPy 给出的形状一致",
            agrees_with_numpy,
            {"shapes": fitting()},
        ),
        Property(
            "where NumPy refuses, it is None",
            "NumPy 拒绝时，它是 None",
            agrees_with_numpy,
            {"shapes": st.tuples(SHAPES, SHAPES)},
        ),
        none_is_an_answer=True,
    ),
    "00.3": Exercise(
        Property(
            "a gain that is the same in every seed is seen, however the seeds scatter",
            "每个种子都提高同样多，无论种子之间多分散，都应看得出来",
            is_not_fooled_by_a_common_swing,
            {
                "scores": st.lists(PERCENT, min_size=2, max_size=6),
                "gain": st.sampled_from([5, 10]),
                "t": SURE,
            },
        ),
        Property(
            "the interval of the differences decides, with the t that is given",
            "由差值的区间决定，区间用给定的 t 来算",
            judges,
            {"case": close_calls()},
        ),
        Property(
            "zero on an end of the interval leaves it open",
            "零恰在区间端点上时，没有定论",
            leaves_equals_open,
            {"scores": st.lists(PERCENT, min_size=2, max_size=6), "t": SURE},
        ),
    ),
}
