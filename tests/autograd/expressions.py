"""Random expressions, evaluated on the tape or with dual numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Tensor


class Dual(NamedTuple):
    """A value and how fast it changes in one direction: the chain rule without any graph."""

    value: np.ndarray
    slope: np.ndarray


def dual_quotient(a: Dual, b: Dual) -> Dual:
    bottom = b.value**2 + 1.0
    slope = a.slope / bottom - 2.0 * a.value * b.value * b.slope / bottom**2
    return Dual(a.value / bottom, slope)


# name: on tensors; on dual numbers.  All of them keep shapes that broadcast with one another.
STEPS = {
    "sum": (lambda a, b: a + b, lambda a, b: Dual(a.value + b.value, a.slope + b.slope)),
    "difference": (lambda a, b: a - b, lambda a, b: Dual(a.value - b.value, a.slope - b.slope)),
    "product": (
        lambda a, b: ops.tanh(a) * b,
        lambda a, b: Dual(
            np.tanh(a.value) * b.value,
            (1.0 - np.tanh(a.value) ** 2) * a.slope * b.value + np.tanh(a.value) * b.slope,
        ),
    ),
    "quotient": (lambda a, b: a / (b * b + 1.0), dual_quotient),
    "sine": (
        lambda a, _: ops.sin(a),
        lambda a, _: Dual(np.sin(a.value), np.cos(a.value) * a.slope),
    ),
    "root": (
        lambda a, _: ops.sqrt(a * a + 1.0),
        lambda a, _: Dual(np.sqrt(a.value**2 + 1), a.value * a.slope / np.sqrt(a.value**2 + 1)),
    ),
    "mean": (
        lambda a, _: a.mean(keepdims=True),
        lambda a, _: Dual(a.value.mean(keepdims=True), a.slope.mean(keepdims=True)),
    ),
}


class Expression(NamedTuple):
    """Values of the leaves, and steps that each combine two of what is there so far."""

    values: list[np.ndarray]
    steps: list[tuple[str, int, int]]


@st.composite
def expressions(draw: st.DrawFn, max_steps: int = 8) -> Expression:
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = [np.asarray(rng.uniform(-2.0, 2.0, shape)) for shape in shapes.input_shapes]
    steps = []
    for n in range(draw(st.integers(1, max_steps))):
        places = st.integers(0, 2 + n)
        steps.append((draw(st.sampled_from(sorted(STEPS))), draw(places), draw(places)))
    return Expression(values, steps)


def leaves(expression: Expression) -> list[Tensor]:
    return [Tensor(value, requires_grad=True) for value in expression.values]


def on_tape(
    expression: Expression, inputs: Sequence[Tensor], order: Sequence[int] | None = None
) -> Tensor:
    """The last step plus all inputs; ``order`` says which step is recorded when."""
    made: dict[int, Tensor] = dict(enumerate(inputs))
    for n in range(len(expression.steps)) if order is None else order:
        name, i, j = expression.steps[n]
        made[3 + n] = STEPS[name][0](made[i], made[j])
    return made[2 + len(expression.steps)] + made[0] + made[1] + made[2]


def on_duals(expression: Expression, directions: Sequence[np.ndarray]) -> Dual:
    """The same with dual numbers: its slope is J u for the directions u."""
    made = [Dual(x, u) for x, u in zip(expression.values, directions, strict=True)]
    for name, i, j in expression.steps:
        made.append(STEPS[name][1](made[i], made[j]))
    add = STEPS["sum"][1]
    return add(add(add(made[-1], made[0]), made[1]), made[2])


def another_order(expression: Expression, rng: np.random.Generator) -> list[int]:
    """The steps in another order in which each still comes after what it needs."""
    waiting, order = list(range(len(expression.steps))), []
    while waiting:
        ready = [n for n in waiting if not {3 + w for w in waiting} & {*expression.steps[n][1:]}]
        order.append(ready[int(rng.integers(len(ready)))])
        waiting.remove(order[-1])
    return order


def gradients(expression: Expression, cotangent: np.ndarray | None = None) -> list[np.ndarray]:
    """Of all leaves, from a cotangent (cosines, if none is given)."""
    inputs = leaves(expression)
    output = on_tape(expression, inputs)
    output.backward(cosines(output.shape) if cotangent is None else cotangent)
    return [x.grad for x in inputs]


def cosines(shape: tuple[int, ...], start: float = 0.0) -> np.ndarray:
    """A cotangent without any symmetry that could hide a mistake."""
    return np.cos(start + np.arange(np.prod(shape, dtype=int))).reshape(shape)
