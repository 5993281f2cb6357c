"""Rules that exercise 01.2 hands to a student's checker: right ones, and wrong ones.

They are written here and not taken from the library: an answer may not call the library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minillm.course.remarks import Case

VJP = Callable[[np.ndarray], tuple[np.ndarray, ...]]
Rule = Callable[..., tuple[Any, VJP]]


def probabilities(z: np.ndarray) -> np.ndarray:
    """Softmax along the last axis."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(z: np.ndarray) -> tuple[Any, VJP]:
    """Softmax and its right gradient."""
    p = probabilities(z)
    return p, lambda g: (p * (g - (g * p).sum(axis=-1, keepdims=True)),)


def plain_mean(z: np.ndarray) -> tuple[Any, VJP]:
    """Softmax whose gradient subtracts the unweighted mean."""
    p = probabilities(z)
    return p, lambda g: (p * (g - g.mean(axis=-1, keepdims=True)),)


def constant(z: np.ndarray) -> tuple[Any, VJP]:
    """The sums of softmax's rows, which are 1 whatever the scores."""
    return probabilities(z).sum(axis=-1), lambda g: (np.zeros_like(z),)


def tanh(z: np.ndarray) -> tuple[Any, VJP]:
    """The hyperbolic tangent."""
    y = np.tanh(z)
    return y, lambda g: (g * (1 - y * y),)


def times(factor: float, right: Rule) -> Rule:
    """``factor`` times a function of one operand."""

    def rule(z: np.ndarray) -> tuple[Any, VJP]:
        output, vjp = right(z)
        return factor * output, lambda g: (factor * vjp(g)[0],)

    return rule


def spoiled(right: Rule, change: Callable[..., tuple[np.ndarray, ...]]) -> Rule:
    """``right`` with its gradients changed."""

    def rule(*operands: np.ndarray) -> tuple[Any, VJP]:
        output, vjp = right(*operands)
        return output, lambda g: change(*vjp(g))

    return rule


def matmul(x: np.ndarray, y: np.ndarray) -> tuple[Any, VJP]:
    """The product of two matrices."""
    return x @ y, lambda g: (g @ y.T, x.T @ g)


def multiply(x: np.ndarray, y: np.ndarray) -> tuple[Any, VJP]:
    """The product of two arrays of one shape, number by number."""
    return x * y, lambda g: (g * y, g * x)


def add(x: np.ndarray, y: np.ndarray) -> tuple[Any, VJP]:
    """A matrix and a vector, added to each row."""
    return x + y, lambda g: (g, g.sum(axis=0))


def total(x: np.ndarray) -> tuple[Any, VJP]:
    """The sum of the squares of all numbers."""
    return (x * x).sum(), lambda g: (2 * g * x,)


def transposed(x: np.ndarray) -> tuple[Any, VJP]:
    """Rows and columns exchanged."""
    return x.T, lambda g: (g.T,)


small = times(1e-3, tanh)
ROWS, PAIR, PRODUCT = ("nm",), ("nm", "nm"), ("nm", "mn")  # shapes of the operands
RIGHT = [
    Case("tanh of each number of x", "对 x 的每个数取 tanh", (tanh, ROWS)),
    Case("the product x @ y", "矩阵乘积 x @ y", (matmul, PRODUCT)),
    Case("x + y, y broadcast", "x + y，y 有广播", (add, ("nm", "m"))),
    Case("softmax of the rows of x", "x 各行的 softmax", (softmax, ROWS)),
    Case("the sums of the rows of softmax(x)", "softmax(x) 的各行之和", (constant, ROWS)),
    Case("a thousandth of tanh(x)", "tanh(x) 的千分之一", (small, ROWS)),
    Case("a thousand times tanh(x)", "tanh(x) 的一千倍", (times(1000.0, tanh), ROWS)),
    Case("the sum of the squares of x", "x 的平方和", (total, ROWS)),
    Case("x transposed", "x 的转置", (transposed, ("nn",))),
]
WRONG = [
    Case(
        "softmax(x), its gradient 0",
        "softmax(x)，梯度为 0",
        (spoiled(softmax, lambda a: (0 * a,)), ROWS),
    ),
    Case(
        "softmax(x), the mean of g not weighted by p",
        "softmax(x)，g 的均值没有按 p 加权",
        (plain_mean, ROWS),
    ),
    Case(
        "tanh(x), its gradient 1.001 times too large",
        "tanh(x)，梯度大了千分之一",
        (spoiled(tanh, lambda a: (1.001 * a,)), ROWS),
    ),
    Case(
        "a thousandth of tanh(x), its gradient 1.001 times too large",
        "tanh(x) 的千分之一，梯度大了千分之一",
        (spoiled(small, lambda a: (1.001 * a,)), ROWS),
    ),
    Case(
        "x * y, the two gradients exchanged",
        "x * y，两个梯度互换了",
        (spoiled(multiply, lambda a, b: (b, a)), PAIR),
    ),
    Case(
        "x @ y, the gradient of y with the wrong sign",
        "x @ y，y 的梯度符号反了",
        (spoiled(matmul, lambda a, b: (a, -b)), PRODUCT),
    ),
    Case(
        "x @ y, the gradient of x 0",
        "x @ y，x 的梯度为 0",
        (spoiled(matmul, lambda a, b: (0 * a, b)), PRODUCT),
    ),
    Case(
        "x + y, y broadcast, its gradient not summed",
        "x + y，y 有广播，梯度没有求和",
        (lambda x, y: (x + y, lambda g: (g, g)), ("nm", "m")),
    ),
    Case(
        "x transposed, its gradient not",
        "x 的转置，梯度没有转置",
        (spoiled(transposed, lambda a: (a.T,)), ("nn",)),
    ),
    Case(
        "x + y, y of shape (m,), its gradient of shape (1, m)",
        "x + y，y 的形状是 (m,)，梯度的形状却是 (1, m)",
        (spoiled(add, lambda a, b: (a, b[None])), ("nm", "m")),
    ),
    Case(
        "tanh(x), its gradient with an axis of size 1 put in front",
        "tanh(x)，梯度的最前面多了一个大小为 1 的轴",
        (spoiled(tanh, lambda a: (a[None],)), ROWS),
    ),
    Case(
        "x @ y, the gradient of y missing",
        "x @ y，缺少 y 的梯度",
        (spoiled(matmul, lambda a, b: (a,)), PRODUCT),
    ),
]


def with_operands(case: Case, n: int, m: int, numbers: list[float]) -> tuple[Any, ...]:
    """A rule under a name that says nothing, and operands of its shapes."""
    hidden, letters = case.value

    def rule(*operands: np.ndarray) -> tuple[Any, VJP]:
        output, backward = hidden(*operands)

        def vjp(g: np.ndarray) -> tuple[np.ndarray, ...]:
            return backward(g)

        return output, vjp

    sizes, left, operands = {"n": n, "m": m}, list(numbers), []
    for word in letters:
        shape = [sizes[letter] for letter in word]
        size = int(np.prod(shape))
        operands.append(np.array(left[:size]).reshape(shape))
        left = left[size:]
    return rule, *operands
