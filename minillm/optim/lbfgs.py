"""L-BFGS: a minimiser for smooth functions that learns their curvature from its own steps."""

from collections import deque
from collections.abc import Callable

import numpy as np

SUFFICIENT = 1e-4  # the share of the promised decrease that a step must deliver


def minimize(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    *,
    tolerance: float = 1e-6,
    max_steps: int = 1000,
    memory: int = 10,
) -> np.ndarray:
    """A point where no entry of the gradient is larger than ``tolerance``.

    ``function`` maps a vector to its value and gradient.  Each step goes along ``-H g``, where
    ``H`` imitates the inverse Hessian, and is halved until the function has decreased enough.

    Raises:
        RuntimeError: the tolerance was not reached, after ``max_steps`` steps or because no step
            along the search direction decreases the function.
    Source: Nocedal & Wright 2006, "Numerical Optimization", algorithms 7.5 and 3.1.
    """
    x, history = start, deque[tuple[np.ndarray, np.ndarray]](maxlen=memory)
    value, gradient = function(x)
    for _ in range(max_steps):
        if np.abs(gradient).max() <= tolerance:
            return x
        direction = -inverse_hessian_times(gradient, history)
        slope, length = gradient @ direction, 1.0
        new_value, new_gradient = function(x + direction)
        while new_value > value + SUFFICIENT * length * slope:
            length /= 2
            if length < 1e-12:
                raise RuntimeError(_stuck(gradient, tolerance, "the function does not decrease"))
            new_value, new_gradient = function(x + length * direction)
        moved, turned = length * direction, new_gradient - gradient
        if moved @ turned > 0:  # otherwise this step saw no curvature to remember
            history.append((moved, turned))
        x, value, gradient = x + moved, new_value, new_gradient
    raise RuntimeError(_stuck(gradient, tolerance, f"{max_steps} steps were not enough"))


def inverse_hessian_times(
    gradient: np.ndarray, history: deque[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
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
        result /= np.linalg.norm(gradient)
    for (s, y), share in zip(history, reversed(shares), strict=True):
        result += (share - (y @ result) / (s @ y)) * s
    return result


def _stuck(gradient: np.ndarray, tolerance: float, reason: str) -> str:
    largest = np.abs(gradient).max()
    return f"minimize stopped at a gradient of {largest:.3g}, above {tolerance:g}: {reason}"
