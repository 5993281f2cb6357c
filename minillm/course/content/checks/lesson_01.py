"""Exercises of lesson 01: log-softmax backward, a checker of rules, broadcasting undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm import check_vjp, ops
from minillm.autograd import VJP
from minillm.course.content.checks.common import SEEDS, Function, close, shaped, told
from minillm.course.exercises import Exercise, Property

Rule = Callable[..., tuple[Any, VJP]]
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
Shapes = tuple[tuple[int, ...], tuple[int, ...]]


def shapes() -> st.SearchStrategy[Shapes]:
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
    log_softmax_backward: Function, shape: tuple[int, ...], seed: int
) -> None:
    """Along (1, ..., 1) log-softmax does not change, so the gradient has no part there."""
    rng = np.random.default_rng(seed)
    z, g = rng.standard_normal((2, *shape))
    sums = shaped("the gradient", log_softmax_backward(z, g), shape).sum(axis=-1)
    told(np.allclose(sums, 0, atol=1e-9), f"its rows sum to {sums.tolist()}")


def is_the_derivative(log_softmax_backward: Function, shape: tuple[int, ...], seed: int) -> None:
    """The gradient agrees with a central difference along a random direction."""
    rng = np.random.default_rng(seed)

    def rule(z: np.ndarray) -> tuple[Any, VJP]:
        return ops.log_softmax(z).data, lambda g: (np.asarray(log_softmax_backward(z, g)),)

    rule.__name__ = "log_softmax_backward (operand z)"
    check_vjp(rule, rng.standard_normal(shape), rng=rng)


def spoiled(right: Rule, change: Callable[..., tuple[np.ndarray, ...]]) -> Rule:
    """``right`` with its gradients changed."""

    def rule(*operands: np.ndarray) -> tuple[Any, VJP]:
        output, vjp = right(*operands)
        return output, lambda g: change(*vjp(g))

    return rule


def plain_mean(z: np.ndarray) -> tuple[Any, VJP]:
    """Softmax whose gradient subtracts the unweighted mean."""
    p = ops.softmax(z).data
    return p, lambda g: (p * (g - g.mean(axis=-1, keepdims=True)),)


def constant(z: np.ndarray) -> tuple[Any, VJP]:
    """The sums of softmax's rows, which are 1 whatever the scores."""
    return ops.softmax(z).data.sum(axis=-1), lambda g: (np.zeros_like(z),)


def small(z: np.ndarray) -> tuple[Any, VJP]:
    """A function whose gradient is small everywhere."""
    y = np.tanh(z)
    return 1e-4 * y, lambda g: (1e-4 * g * (1 - y * y),)


def large(z: np.ndarray) -> tuple[Any, VJP]:
    """A function whose gradient is large everywhere."""
    return 1000 * z, lambda g: (1000 * g,)


def transposed(z: np.ndarray) -> tuple[Any, VJP]:
    """Rows and columns exchanged."""
    return z.T, lambda g: (g.T,)


add, multiply, matmul, softmax, tanh = (
    op.rule for op in (ops.add, ops.multiply, ops.matmul, ops.softmax, ops.tanh)
)


def not_summed(x: np.ndarray, y: np.ndarray) -> tuple[Any, VJP]:
    """Sum with broadcasting whose second gradient stays large."""
    return x + y, lambda g: (g, g)


# in words: the rule, shapes of its operands
RIGHT: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "tanh(x)": (tanh, ("nm",)),
    "x @ y": (matmul, ("nm", "mn")),
    "x + y, y broadcast": (add, ("nm", "m")),
    "softmax(x)": (softmax, ("nm",)),
    "sums of the rows of softmax(x)": (constant, ("nm",)),
    "tanh(x) / 10000": (small, ("nm",)),
    "1000 x": (large, ("nm",)),
    "x transposed": (transposed, ("nn",)),
}
WRONG: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "softmax(x), gradient 0": (spoiled(softmax, lambda a: (0 * a,)), ("nm",)),
    "softmax(x), mean of g not weighted by p": (plain_mean, ("nm",)),
    "tanh(x), gradient 1.001 times too large": (spoiled(tanh, lambda a: (1.001 * a,)), ("nm",)),
    "tanh(x) / 10000, gradient 1.001 times too large": (
        spoiled(small, lambda a: (1.001 * a,)),
        ("nm",),
    ),
    "x * y, gradients exchanged": (spoiled(multiply, lambda a, b: (b, a)), ("nm", "nm")),
    "x @ y, gradient of y with the wrong sign": (
        spoiled(matmul, lambda a, b: (a, -b)),
        ("nm", "mn"),
    ),
    "x @ y, gradient of x 0": (spoiled(matmul, lambda a, b: (0 * a, b)), ("nm", "mn")),
    "x + y, y broadcast, its gradient not summed": (not_summed, ("nm", "m")),
    "x transposed, its gradient not": (spoiled(transposed, lambda a: (a.T,)), ("nn",)),
}


def knows_a_right_rule(is_right: Function, rule: str, n: int, m: int, seed: int) -> None:
    """The checker accepts what is right."""
    verdict = is_right(*with_operands(RIGHT[rule], n, m, seed))
    told(bool(verdict), f"the rule is right, but is_right gives {verdict}")


def finds_a_wrong_rule(is_right: Function, rule: str, n: int, m: int, seed: int) -> None:
    """The checker refuses what is wrong."""
    verdict = is_right(*with_operands(WRONG[rule], n, m, seed))
    told(not bool(verdict), f"the rule is wrong, but is_right gives {verdict}")


def with_operands(case: tuple[Rule, tuple[str, ...]], n: int, m: int, seed: int) -> tuple[Any, ...]:
    """A rule and random operands of its shapes."""
    rule, letters = case
    rng = np.random.default_rng(seed)
    sizes = {"n": n, "m": m}
    return rule, *(rng.standard_normal([sizes[letter] for letter in word]) for word in letters)


def has_the_shape(unbroadcast: Function, shapes: Shapes) -> None:
    """What comes back fits the operand."""
    shape, large = shapes
    shaped("the result", unbroadcast(np.ones(large), shape), shape)


def undoes_broadcasting(unbroadcast: Function, shapes: Shapes) -> None:
    """The sum of g times the stretched x is the sum of x times the gradient, for each x."""
    shape, large = shapes
    g = np.arange(1.0, 1.0 + np.prod(large, dtype=int)).reshape(large)
    found = shaped("the result", unbroadcast(g.copy(), shape), shape)
    wanted = np.zeros(shape)
    for place in np.ndindex(shape):
        x = np.zeros(shape)
        x[place] = 1
        wanted[place] = (np.broadcast_to(x, large) * g).sum()
    close(f"for g = {g.tolist()} the result", found, wanted)


MORE_THAN_ONE = st.integers(2, 4)  # with a single element some wrong rules are right
SIZED = {"n": MORE_THAN_ONE, "m": MORE_THAN_ONE, "seed": SEEDS}
CHECKS = {
    "01.1": Exercise(
        Property(
            "each row of the gradient sums to 0, for a common shift of the scores changes nothing",
            "梯度的每一行之和为 0，因为得分同加一个数，结果不变",
            costs_nothing_to_shift,
            {"shape": SHAPES, "seed": SEEDS},
        ),
        Property(
            "it agrees with central differences",
            "它与中心差分一致",
            is_the_derivative,
            {"shape": SHAPES, "seed": SEEDS},
        ),
        allows=("minillm",),
    ),
    "01.2": Exercise(
        Property(
            "a right rule is called right",
            "正确的规则判为正确",
            knows_a_right_rule,
            {"rule": st.sampled_from(list(RIGHT)), **SIZED},
        ),
        Property(
            "a wrong rule is called wrong",
            "错误的规则判为错误",
            finds_a_wrong_rule,
            {"rule": st.sampled_from(list(WRONG)), **SIZED},
        ),
        allows=("minillm",),
    ),
    "01.3": Exercise(
        Property(
            "the result has the operand's shape (shapes: first the operand's, then that of g)",
            "结果的形状与操作数相同（shapes 中先是操作数的形状，后是 g 的形状）",
            has_the_shape,
            {"shapes": shapes()},
        ),
        Property(
            "each element receives the gradients of all its copies (shapes: operand, then g)",
            "每个元素收到它所有副本的梯度（shapes 中先是操作数的形状，后是 g 的形状）",
            undoes_broadcasting,
            {"shapes": shapes()},
        ),
        allows=("minillm",),
    ),
}
