"""Exercises of lesson 01: log-softmax backward, a checker of rules, broadcasting undone."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, close, derivative, shaped, told
from minillm.course.content.checks.rules_01 import RIGHT, WRONG, probabilities, with_operands
from minillm.course.exercises import Exercise, Property
from minillm.course.remarks import Case

Shape = tuple[int, ...]
AXES = st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)
SHARED = (
    " (the output shares memory with x: a later change of the same array changes it too)",
    "（输出与 x 共用内存：之后再改同一个数组，输出也跟着变）",
)
DIFFERENT = [(-1) ** k * k / 10 for k in range(1, 19)]  # 0.1, -0.2, ...: for operands


def scores_and_slopes() -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Two arrays of one shape: halves from -3 to 3, and whole numbers from -3 to 3."""

    def of(shape: Shape) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
        size = int(np.prod(shape))
        z = st.lists(st.integers(-6, 6), min_size=size, max_size=size)
        g = st.lists(st.integers(-3, 3), min_size=size, max_size=size)
        return st.tuples(z, g).map(
            lambda pair: (
                np.array(pair[0]).reshape(shape) / 2,
                np.array(pair[1], dtype=float).reshape(shape),
            )
        )

    return AXES.flatmap(of)


def shapes() -> st.SearchStrategy[tuple[Shape, Shape]]:
    """The shape of an operand, and a shape that NumPy stretches it to."""
    axes = st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=3)  # size, stretched
    leading = st.lists(st.integers(1, 3), max_size=2)
    return st.tuples(axes, leading).map(
        lambda pair: (
            tuple(1 if one else size for size, one in pair[0]),
            (*pair[1], *(size for size, _ in pair[0])),
        )
    )


def costs_nothing_to_shift(
    log_softmax_backward: Function, arrays: tuple[np.ndarray, np.ndarray]
) -> None:
    """Along (1, ..., 1) log-softmax does not change, so the gradient has no part there."""
    z, g = arrays
    sums = shaped("dL/dz", log_softmax_backward(z, g), z.shape).sum(axis=-1)
    numbers = sums.round(6).tolist()
    told(
        bool(np.allclose(sums, 0, atol=1e-9)),
        f"its rows sum to {numbers}",
        f"各行之和为 {numbers}",
    )


def is_the_derivative(
    log_softmax_backward: Function, arrays: tuple[np.ndarray, np.ndarray]
) -> None:
    """The gradient agrees with central differences, number by number."""
    z, g = arrays
    derivative(lambda z: np.log(probabilities(z)), log_softmax_backward, {"z": z}, g)


def knows_a_right_rule(
    is_right: Function, case: Case, n: int, m: int, numbers: list[float]
) -> None:
    """The checker accepts what is right."""
    rule, *operands = with_operands(case, n, m, numbers)
    verdict = is_right(rule, *operands)
    shared = any(np.shares_memory(rule(*operands)[0], x) for x in operands)
    told(
        bool(verdict),
        f"the rule is right, but is_right gives {verdict}{SHARED[0] if shared else ''}",
        f"规则是对的，is_right 却返回 {verdict}{SHARED[1] if shared else ''}",
    )


def finds_a_wrong_rule(
    is_right: Function, case: Case, n: int, m: int, numbers: list[float]
) -> None:
    """The checker refuses what is wrong."""
    verdict = is_right(*with_operands(case, n, m, numbers))
    told(
        not bool(verdict),
        f"the rule is wrong, but is_right gives {verdict}",
        f"规则是错的，is_right 却返回 {verdict}",
    )


def has_the_shape(unbroadcast: Function, shapes: tuple[Shape, Shape]) -> None:
    """What comes back fits the operand."""
    shape, large = shapes
    shaped(("the result", "结果"), unbroadcast(np.ones(large), shape), shape)


def undoes_broadcasting(unbroadcast: Function, shapes: tuple[Shape, Shape]) -> None:
    """The sum of g times the stretched x is the sum of x times the gradient, for each x."""
    shape, large = shapes
    g = np.arange(1.0, 1.0 + np.prod(large, dtype=int)).reshape(large)
    found = shaped(("the result", "结果"), unbroadcast(g, shape), shape)
    wanted = np.zeros(shape)
    for place in np.ndindex(shape):
        x = np.zeros(shape)
        x[place] = 1
        wanted[place] = (np.broadcast_to(x, large) * g).sum()
    close(("the result", "结果"), found, wanted)


MORE_THAN_ONE = st.integers(2, 3)  # with a single element some wrong rules are right
SIZED = {"n": MORE_THAN_ONE, "m": MORE_THAN_ONE, "numbers": st.permutations(DIFFERENT)}
CHECKS = {
    "01.1": Exercise(
        Property(
            "each row of the gradient sums to 0, for a common shift of the logits changes nothing",
            "梯度的每一行之和为 0，因为一行的 logits 同加一个数，结果不变",
            costs_nothing_to_shift,
            {"arrays": scores_and_slopes()},
        ),
        Property(
            "it agrees with central differences",
            "它与中心差分一致",
            is_the_derivative,
            {"arrays": scores_and_slopes()},
        ),
    ),
    "01.2": Exercise(
        Property(
            "a right rule is called right",
            "正确的规则判为正确",
            knows_a_right_rule,
            {"case": st.sampled_from(RIGHT), **SIZED},
        ),
        Property(
            "a wrong rule is called wrong",
            "错误的规则判为错误",
            finds_a_wrong_rule,
            {"case": st.sampled_from(WRONG), **SIZED},
        ),
    ),
    "01.3": Exercise(
        Property(
            "the result has the operand's shape",
            "结果的形状与操作数相同",
            has_the_shape,
            {"shapes": shapes()},
        ),
        Property(
            "each element receives the gradients of all its copies",
            "每个元素收到它所有副本的梯度",
            undoes_broadcasting,
            {"shapes": shapes()},
        ),
    ),
}
