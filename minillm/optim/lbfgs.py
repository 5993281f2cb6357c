"""L-BFGS: a minimiser for smooth functions that learns their curvature from its own steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from minillm.optim.groups import checked_number

SUFFICIENT = 1e-4  # the share of the promised decrease that a step must deliver
SHORTEST = 1e-12  # of the first length tried: what does not decrease there never will
CURVED = 1e-12  # the share of a slope that must change on a step; a smaller one is rounding noise

History = deque[tuple[np.ndarray, np.ndarray]]


class Point(NamedTuple):
    """A place, and what the function says there."""

    x: np.ndarray
    value: float
    gradient: np.ndarray

    def is_finite(self) -> bool:
        """Whether the value and every entry of the gradient is a finite number."""
        return bool(np.isfinite(self.value) and np.isfinite(self.gradient).all())


@np.errstate(all="ignore")  # what overflows, or divides by 0 outside the domain, is noticed here
def minimize(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    *,
    tolerance: float = 1e-6,
    max_steps: int = 1000,
    memory: int = 10,
) -> np.ndarray:
    """A point where no entry of the gradient is larger than ``tolerance``, in float64.

    ``function`` maps a vector to its value and gradient.  Each step goes along ``-H g``, where
    ``H`` imitates the inverse Hessian, and is halved until the function has decreased enough.

    Where the value is infinite, or it or the gradient is NaN, the function counts as not
    defined: a step that lands there is halved too.

    Raises:
        ValueError: ``start`` is not a vector of finite numbers, the function is not finite
            there, its gradient has another shape, or a count that counts nothing.
        RuntimeError: the tolerance was not reached, after ``max_steps`` steps or because no step
            along the search direction decreases the function.
    Source: Nocedal & Wright 2006, "Numerical Optimization", algorithms 7.5 and 3.1.
    """
    checked_number("tolerance", tolerance)
    for name, number in (("max_steps", max_steps), ("memory", memory)):
        if not isinstance(number, Integral) or number < 0:
            raise ValueError(f"minimize: {name} must be a whole number >= 0, got {number!r}")
    history: History = deque(maxlen=memory)
    here = evaluated(function, checked_start(start))
    if not here.is_finite():
        raise ValueError(
            f"minimize: the value at the start is {here.value} and its gradient "
            f"{here.gradient!r:.60}; both must be finite"
        )
    for step in range(max_steps + 1):
        if np.abs(here.gradient).max(initial=0.0) <= tolerance:
            return here.x
        if step == max_steps:
            break
        direction = -inverse_hessian_times(here.gradient, history)
        if not here.gradient @ direction < 0:  # rounding has spoilt the history: begin anew
            history.clear()
            direction = -inverse_hessian_times(here.gradient, history)
        there = decreased(function, here, direction, tolerance)
        moved, turned = there.x - here.x, there.gradient - here.gradient
        if moved @ turned > CURVED * abs(moved @ here.gradient) > 0:
            history.append((moved, turned))  # otherwise there is no curvature to remember
        here = there
    raise RuntimeError(stuck(here, tolerance, f"{max_steps} steps were not enough"))


def decreased(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    here: Point,
    direction: np.ndarray,
    tolerance: float,
) -> Point:
    """The first point along ``direction``, of lengths 1, 1/2, 1/4 ..., that is low enough.

    Raises:
        RuntimeError: no such point was found.
    """
    slope, length = here.gradient @ direction, 1.0
    while length >= SHORTEST:
        there = evaluated(function, here.x + length * direction)
        if there.is_finite() and there.value <= here.value + SUFFICIENT * length * slope:
            return there
        length /= 2
    reason = "does not decrease" if there.is_finite() else "is not finite however short the step"
    raise RuntimeError(stuck(here, tolerance, f"the function {reason}"))


def evaluated(function: Callable[[np.ndarray], tuple[float, np.ndarray]], x: np.ndarray) -> Point:
    """The function at ``x``: it may write into what it is given, and use one gradient array again.

    Raises:
        ValueError: the gradient has another shape than ``x``.
    """
    value, slopes = function(x.copy())
    gradient = np.array(slopes, dtype=np.float64)
    if gradient.shape != x.shape:
        raise ValueError(f"minimize: the gradient is {gradient.shape} at a point of {x.shape}")
    return Point(x, float(value), gradient)


def checked_start(start: Any) -> np.ndarray:
    """``start`` as a vector in float64.

    Raises:
        ValueError: it does not have exactly one axis, or has entries that are not finite numbers.
    """
    x = np.asarray(start)
    if x.ndim != 1 or x.dtype.kind not in "iuf" or not np.isfinite(x).all():
        raise ValueError(f"minimize: start must be a vector of finite numbers, got {start!r:.60}")
    return x.astype(np.float64)


def inverse_hessian_times(gradient: np.ndarray, history: History) -> np.ndarray:
    """``H g`` for the ``H`` that maps every remembered change of gradient to its step.

    Two loops over the remembered pairs ``(s, y)`` of step and change of gradient; ``H`` itself
    is never formed.  With an empty history ``H`` is a multiple of the identity, short enough
    that the first step has length one.
    """
    result = gradient.copy()
    shares = []
    for s, y in reversed(history):
        share = (s @ result) / (s @ y)
        shares.append(share)
        result -= share * y
    if history:
        s, y = history[-1]
        result *= (s @ y) / (y @ y)
    else:
        result /= np.abs(gradient).max()  # first, or the squares in the norm could overflow
        result /= np.linalg.norm(result)
    for (s, y), share in zip(history, reversed(shares), strict=True):
        result += (share - (y @ result) / (s @ y)) * s
    return result


def stuck(here: Point, tolerance: float, reason: str) -> str:
    """The line that says how far the search came."""
    largest = np.abs(here.gradient).max()
    return f"minimize stopped at a gradient of {largest:.3g}, above {tolerance:g}: {reason}"
