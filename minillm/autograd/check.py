"""Gradient checks: does a backward formula belong to its forward formula?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from minillm.autograd.grad_mode import no_grad
from minillm.autograd.gradients import gradients_of
from minillm.autograd.recording import Op, checked_answer
from minillm.autograd.slopes import STEP, Line, compare, inner, length
from minillm.autograd.tape import VJP, check_tuple
from minillm.autograd.tensor import Parameter, Tensor
from minillm.backend import check_rng


def check_operands(name: str, operands: Iterable[Any]) -> None:
    """Refuse what is not a float64 array.

    Raises:
        TypeError: naming the operand.
    """
    for i, x in enumerate(operands):
        if isinstance(x, Tensor) or not hasattr(x, "dtype"):
            kind = type(x).__name__
            raise TypeError(
                f"check_vjp: operand {i} of {name} must be a float64 array, got a {kind}"
            )
        if x.dtype != np.float64:
            raise TypeError(f"check_vjp: operand {i} of {name} must be float64, got {x.dtype}")


def refuse_written(name: str, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    """Refuse a rule that changed an array which others hold too: operands, output, gradient.

    Raises:
        AssertionError: an array is not what it was before.
    """
    for i, (before, after) in enumerate(pairs):
        if not np.array_equal(before, after, equal_nan=True):
            what = {len(pairs) - 2: "its output", len(pairs) - 1: "the gradient it was given"}
            raise AssertionError(
                f"{name}: writes into {what.get(i, f'operand {i}')}, which others hold too; write "
                "y = x * 2.0 instead of x *= 2.0"
            )


class HasParameters(Protocol):
    """What ``check_module`` needs of a module."""

    def named_parameters(self) -> Iterable[tuple[str, Parameter]]: ...


def check_vjp(
    rule: Callable[..., tuple[Any, VJP]],
    *operands: np.ndarray,
    rng: np.random.Generator,
    step: float = STEP,
    rtol: float = 1e-6,
    **settings: Any,
) -> float:
    """Compare the vector-Jacobian product of a rule or an op with a difference; the largest error.

    For random directions ``u`` and ``v`` the two numbers below agree exactly in real
    arithmetic, whatever the Jacobian ``J``::

        <v, J u>   ~   <v, f(x + h u) - f(x - h u)> / 2h        (two forward passes)
        <Jᵀ v, u>  =   sum(vjp(v) * u)                          (one backward pass)

    ``v`` must be random: with ``v = 1`` every softmax gradient is zero, and a rule
    that returns zeros would pass.  How far they may differ is said in ``slopes.compare``.

    Raises:
        AssertionError: they disagree, rounding hides whether they agree, a gradient is missing,
            has another shape, or is not finite; the rule or its VJP writes into an operand, the
            output, or the gradient that it is given.
        TypeError: an operand is not a float64 array: in another dtype rounding would drown the
            difference; the answer of the rule is not ``(output, vjp)``, or that of the VJP not
            a tuple.
    """
    rule = rule.rule if isinstance(rule, Op) else rule
    name = getattr(rule, "__name__", type(rule).__name__)
    check_operands(name, operands)
    given = [x.copy() for x in operands]
    answer = rule(*given, **settings)
    checked_answer(name, answer)
    output, vjp = answer[0].copy(), answer[1]
    v = check_rng(rng).standard_normal(np.shape(output))
    gradients: tuple[Any, ...] = vjp(g := v.copy())
    refuse_written(name, [*zip(operands, given, strict=True), (output, answer[0]), (v, g)])
    if isinstance(gradients, tuple) and len(gradients) != len(operands):
        raise AssertionError(f"{name}: {len(operands)} operands but {len(gradients)} gradients")
    check_tuple(name, gradients, len(operands))
    worst = 0.0
    for i, (x, gradient) in enumerate(zip(operands, gradients, strict=True)):
        kind = None if gradient is None else type(gradient).__name__
        if (shape := getattr(gradient, "shape", kind)) != x.shape:
            raise AssertionError(f"{name}: gradient {i} is {shape}, operand is {x.shape}")
        u = rng.standard_normal(x.shape) * size_of(x)

        def along(t: float, i: int = i, x: np.ndarray = x, u: np.ndarray = u) -> np.ndarray:
            return rule(*operands[:i], x + t * u, *operands[i + 1 :], **settings)[0]

        line = Line(f"{name}: operand {i}", along, v, output)
        worst = max(worst, compare(line, inner(gradient, u), step=step, rtol=rtol))
    return worst


def check_module(
    module: HasParameters,
    forward: Callable[[], Tensor],
    *,
    rng: np.random.Generator,
    step: float = STEP,
    rtol: float = 1e-6,
) -> float:
    """``check_vjp`` for every parameter of a float64 module that is not frozen; the largest error.

    ``forward`` computes any tensor from the module, the same one at every call: switch
    dropout off, or fix its masks.

    Raises:
        AssertionError: naming the parameter whose gradient is wrong or cannot be told.
        TypeError: a parameter is not float64.
    """
    named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    for name, parameter in named:
        if parameter.dtype != np.float64:
            raise TypeError(f"check_module: {name} must be float64, got {parameter.dtype}")
    output = forward()
    v = check_rng(rng).standard_normal(output.shape)
    gradients: list[Any] = gradients_of((output * v).sum(), [parameter for _, parameter in named])
    worst = 0.0
    for (name, parameter), gradient in zip(named, gradients, strict=True):
        here = parameter.data
        u = rng.standard_normal(here.shape) * size_of(here)

        @no_grad
        def along(t: float, p: Tensor = parameter, here: Any = here, u: Any = u) -> np.ndarray:
            p.data = here + t * u
            return forward().data

        try:
            line = Line(name, along, v, output.data)
            worst = max(worst, compare(line, inner(gradient, u), step=step, rtol=rtol))
        finally:
            parameter.data = here
    return worst


def size_of(x: np.ndarray) -> float:
    """The unit of a step: a step of 1e-5 would be long for embeddings of size 0.02."""
    return min(length(x) / max(x.size, 1) ** 0.5, 1.0) or 1.0
