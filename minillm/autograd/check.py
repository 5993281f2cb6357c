"""Gradient checks: does a backward formula belong to its forward formula?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from minillm.autograd.gradients import gradients_of
from minillm.autograd.tape import VJP
from minillm.autograd.tensor import Parameter, Tensor

STEP = 1e-5  # near the cube root of float64's rounding, where truncation and rounding balance


class HasParameters(Protocol):
    """What ``check_module`` needs of a module."""

    def named_parameters(self) -> Iterable[tuple[str, Parameter]]: ...


def check_vjp(
    rule: Callable[..., tuple[Any, VJP]],
    *operands: np.ndarray,
    rng: np.random.Generator,
    step: float = STEP,
    rtol: float = 1e-6,
    floor: float = 1e-9,
    **settings: Any,
) -> float:
    """Compare a rule's vector-Jacobian product with a central difference; the largest error.

    For random directions ``u`` and ``v`` the two numbers below agree exactly in real
    arithmetic, whatever the Jacobian ``J``:

        <v, J u>   ~   <v, f(x + h u) - f(x - h u)> / 2h        (two forward passes)
        <Jᵀ v, u>  =   sum(vjp(v) * u)                          (one backward pass)

    ``v`` must be random: with ``v = 1`` every softmax gradient is zero, and a rule
    that returns zeros would pass.

    Raises:
        AssertionError: they disagree by more than ``rtol``, a gradient is missing, has
            another shape, or is not finite.
        TypeError: an operand is not float64, where rounding would drown the difference.
    """
    name = rule.__name__
    for i, x in enumerate(operands):
        if x.dtype != np.float64:
            raise TypeError(f"check_vjp: operand {i} of {name} must be float64, got {x.dtype}")
    output, vjp = rule(*operands, **settings)
    v = rng.standard_normal(np.shape(output))
    gradients: tuple[Any, ...] = vjp(v)
    if len(gradients) != len(operands):
        raise AssertionError(f"{name}: {len(operands)} operands but {len(gradients)} gradients")
    worst = 0.0
    for i, (x, gradient) in enumerate(zip(operands, gradients, strict=True)):
        given = None if gradient is None else gradient.shape
        if given != x.shape:
            raise AssertionError(f"{name}: gradient {i} is {given}, operand is {x.shape}")
        u = rng.standard_normal(x.shape)
        ahead, _ = rule(*operands[:i], x + step * u, *operands[i + 1 :], **settings)
        behind, _ = rule(*operands[:i], x - step * u, *operands[i + 1 :], **settings)
        numeric = np.sum(v * (ahead - behind)) / (2 * step)
        where = f"{name}: operand {i}"
        worst = max(worst, compare(where, np.sum(gradient * u), numeric, rtol, floor))
    return worst


def check_module(
    module: HasParameters,
    forward: Callable[[], Tensor],
    *,
    rng: np.random.Generator,
    step: float = STEP,
    rtol: float = 1e-6,
    floor: float = 1e-9,
) -> float:
    """``check_vjp`` for every parameter of a float64 module in turn; the largest error.

    ``forward`` computes any tensor from the module, the same one at every call: switch
    dropout off, or fix its masks.

    Raises:
        AssertionError: naming the parameter whose gradient is wrong.
        TypeError: a parameter is not float64.
    """
    named = list(module.named_parameters())
    for name, parameter in named:
        if parameter.dtype != np.float64:
            raise TypeError(f"check_module: {name} must be float64, got {parameter.dtype}")
    output = forward()
    v = rng.standard_normal(output.shape)
    gradients: list[Any] = gradients_of((output * v).sum(), [parameter for _, parameter in named])
    worst = 0.0
    for (name, parameter), gradient in zip(named, gradients, strict=True):
        here = parameter.data
        # in units of the parameter: a step of 1e-5 is long for embeddings of size 0.02
        u = rng.standard_normal(here.shape) * (np.sqrt(np.mean(here * here)) or 1.0)
        values = []
        for signed_step in (step, -step):
            parameter.data = here + signed_step * u
            values.append(np.sum(v * forward().data))
        parameter.data = here
        numeric = (values[0] - values[1]) / (2 * step)
        worst = max(worst, compare(name, float(np.sum(gradient * u)), numeric, rtol, floor))
    return worst


def compare(where: str, analytic: float, numeric: float, rtol: float, floor: float) -> float:
    """Their relative difference.

    Raises:
        AssertionError: it is above ``rtol``, beyond an absolute ``floor`` for rounding.
    """
    scale = max(abs(numeric), abs(analytic))
    difference = abs(numeric - analytic)
    if not (difference <= rtol * scale + floor and np.isfinite(scale)):  # NaN fails too
        raise AssertionError(f"{where}: vjp {analytic:.9g}, numeric {numeric:.9g}")
    return float(difference / (scale + floor / rtol))
