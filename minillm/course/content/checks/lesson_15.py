"""Exercises of lesson 15: the shortest point of two gradients, surgery in an order, a repair."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped, told
from minillm.course.content.checks.repairs import REPAIR_CHECK
from minillm.course.exercises import Exercise, Property

DTYPES = ["float64", "float32", "int64", "int32", "int8"]


def pair(shape: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two gradients in whole numbers; neither is 0."""
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(-9, 10, shape) for _ in range(2))
    first.flat[0] += 10 * (not first.any())
    second.flat[-1] -= 10 * (not second.any())
    return first, second


def point_of(shortest: Function, g1: np.ndarray, g2: np.ndarray) -> np.ndarray:
    """The student's point."""
    return shaped(("the point", "该点"), shortest(g1, g2), g1.shape)


def dot(a: np.ndarray, b: np.ndarray) -> Fraction:
    """Their inner product, exactly; the numbers are whole."""
    pairs = zip(a.ravel(), b.ravel(), strict=True)
    return sum((Fraction(int(x)) * int(y) for x, y in pairs), Fraction(0))


def exact_point(g1: np.ndarray, g2: np.ndarray) -> np.ndarray:
    """The point ``w g1 + (1 - w) g2`` nearest to 0, worked out in fractions."""
    a, b, c = dot(g1, g1), dot(g1, g2), dot(g2, g2)
    across = a - 2 * b + c
    w = Fraction(1, 2) if across == 0 else min(Fraction(1), max(Fraction(0), (c - b) / across))
    both = zip(g1.ravel(), g2.ravel(), strict=True)
    return np.array([float(w * int(x) + (1 - w) * int(y)) for x, y in both]).reshape(g1.shape)


def is_the_point_on_one_line(
    shortest: Function, shape: tuple[int, ...], times: int, other: int, dtype: str, seed: int
) -> None:
    """Gradients along one line: zero, equal, opposite, of one direction."""
    g = np.clip(pair(shape, seed)[0], -9, 9)
    g1, g2 = ((n * g).astype(dtype) for n in (times, other))
    found = point_of(shortest, g1, g2)
    close(("the point", "该点"), found, exact_point(g1, g2))


def is_the_point(shortest: Function, shape: tuple[int, ...], dtype: str, seed: int) -> None:
    """Any two gradients, of any shape and dtype."""
    g1, g2 = (g.astype(dtype) for g in pair(shape, seed))
    close(("the point", "该点"), point_of(shortest, g1, g2), exact_point(g1, g2))


def is_the_point_in_any_unit(
    shortest: Function, shape: tuple[int, ...], exponent: int, seed: int
) -> None:
    """Both gradients times one power of ten: so is the point."""
    g1, g2 = pair(shape, seed)
    unit = 10.0**exponent
    found = point_of(shortest, unit * g1, unit * g2) / unit
    close(
        ("the point, in the unit of the gradients,", "以梯度的单位计，该点"),
        found,
        exact_point(g1, g2),
    )


def gradients(tasks: int, size: int, zero: bool, seed: int) -> np.ndarray:
    """Rows in whole numbers; one of them may be 0."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-5, 6, (tasks, size)).astype(float)
    if zero:
        rows[seed % tasks] = 0
    return rows


def orders_of(tasks: int, seed: int) -> list[list[int]]:
    """For each task the others, in some order."""
    rng = np.random.default_rng(seed + 1)
    return [[int(j) for j in rng.permutation(tasks) if j != i] for i in range(tasks)]


def operated(rows: np.ndarray, orders: list[list[int]]) -> np.ndarray:
    """The sum of the gradients after surgery, number by number in fractions."""
    total = [Fraction(0)] * rows.shape[1]
    whole = [[Fraction(int(x)) for x in row] for row in rows]
    for i, order in enumerate(orders):
        v = list(whole[i])
        for j in order:
            along = sum((x * y for x, y in zip(v, whole[j], strict=True)), Fraction(0))
            if along < 0:
                square = sum((y * y for y in whole[j]), Fraction(0))
                v = [x - along / square * y for x, y in zip(v, whole[j], strict=True)]
        total = [x + y for x, y in zip(total, v, strict=True)]
    return np.array([float(x) for x in total])


def direction_of(surgery: Function, rows: np.ndarray, orders: list[list[int]]) -> np.ndarray:
    """The student's direction."""
    return shaped(("d", "d"), surgery(rows, orders), rows.shape[1:])


def raises_neither(surgery: Function, size: int, seed: int) -> None:
    """Of two gradients none conflicts with the direction."""
    rows = gradients(2, size, False, seed)
    d = direction_of(surgery, rows, [[1], [0]])
    gains = rows @ d
    told(
        bool(gains.min() >= -1e-9 * (1 + np.abs(rows).max() ** 2)),
        f"g1·d, g2·d = {gains.round(6).tolist()}: along -d a loss rises",
        f"g1·d、g2·d = {gains.round(6).tolist()}：沿 -d 走，有损失上升",
    )


def is_the_sum_of_two(surgery: Function, size: int, zero: bool, seed: int) -> None:
    """Two gradients, of which one may be 0."""
    rows = gradients(2, size, zero, seed)
    close("d", direction_of(surgery, rows, [[1], [0]]), operated(rows, [[1], [0]]))


def is_the_sum(surgery: Function, tasks: int, size: int, zero: bool, seed: int) -> None:
    """Any number of gradients, each operated on in its own order."""
    rows, orders = gradients(tasks, size, zero, seed), orders_of(tasks, seed)
    close("d", direction_of(surgery, rows, orders), operated(rows, orders))


SHAPES = st.sampled_from([(2,), (1,), (3,), (2, 2), (7,), (4, 3), (2, 1, 3)])
TIMES = st.integers(-3, 3)

CHECKS = {
    "15.1": Exercise(
        Property(
            "along one line: 0 where one gradient is 0 or both are opposite, else the shorter one",
            "在同一直线上：有一个为 0 或方向相反，就是 0；否则是较短的那个",
            is_the_point_on_one_line,
            {
                "shape": SHAPES,
                "times": TIMES,
                "other": TIMES,
                "dtype": st.sampled_from(DTYPES),
                "seed": SEEDS,
            },
        ),
        Property(
            "it is the point of the segment from g1 to g2 that is nearest to 0, in float64, "
            "whatever the shape and the dtype of the gradients",
            "它是线段 g1g2 上离 0 最近的点，以 float64 计算，梯度是什么形状、什么 dtype 都行",
            is_the_point,
            {"shape": SHAPES, "dtype": st.sampled_from(DTYPES), "seed": SEEDS},
        ),
        Property(
            "in any unit",
            "梯度无论大小都是如此",
            is_the_point_in_any_unit,
            {
                "shape": SHAPES,
                "exponent": st.sampled_from([-9, -6, -3, 3, 6]),
                "seed": SEEDS,
            },
        ),
    ),
    "15.2": Exercise(
        Property(
            "of two gradients none conflicts with d",
            "只有两个梯度时，谁也不与 d 冲突",
            raises_neither,
            {"size": st.integers(1, 5), "seed": SEEDS},
        ),
        Property(
            "for two gradients d is the sum of both, each without its part against the other",
            "两个梯度时，d 是二者各自去掉与对方冲突的分量之后的和",
            is_the_sum_of_two,
            {"size": st.integers(1, 5), "zero": st.booleans(), "seed": SEEDS},
        ),
        Property(
            "for any number: each loses its part against the others as they were, in its order",
            "任意多个时：每个梯度按自己的次序，逐一去掉与其余各个原来的梯度冲突的分量",
            is_the_sum,
            {
                "tasks": st.integers(1, 5),
                "size": st.integers(1, 6),
                "zero": st.booleans(),
                "seed": SEEDS,
            },
        ),
    ),
    "15.3": REPAIR_CHECK,
}
