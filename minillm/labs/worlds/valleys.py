"""Two losses of a point in the plane, with steep valleys on the way to where both are low.

Above the axis x_2 = 0 each loss has a valley, a curve along which its logarithm falls without an
end but for a bound; below it both are parabolas, which pull to the left and to the right.
"""

from __future__ import annotations

import numpy as np

STARTS = ((-8.5, 7.5), (-8.5, -5.0), (9.0, 9.0), (0.0, 0.0), (-7.5, -0.5), (9.0, -1.0))


def losses_at(x: np.ndarray, bound: float) -> np.ndarray:
    """Both losses of each point::

        L_1 = c_1 (ln max(|½(-x_1 - 7) + tanh x_2|, bound) + 6) + c_2 p(7 - x_1)
        L_2 = c_1 (ln max(|½(-x_1 + 3) - tanh x_2 + 2|, bound) + 6) + c_2 p(7 + x_1)
        c_1 = max(tanh(x_2/2), 0),   c_2 = max(tanh(-x_2/2), 0)
        p(u) = (u² + (x_2 + 8)²/10)/10 - 20

    Shapes: ``x (n, 2) -> (n, 2)``.  Starts that others have used are in ``STARTS``.

    Source: Liu et al. 2021, "Conflict-Averse Gradient Descent for Multi-task Learning",
        arXiv:2110.14048 (its toy problem, in the form of its code).
    """
    inside, bowls = logarithms(x), parabolas(x)
    steep = np.log(np.maximum(np.abs(inside), bound)) + 6
    half = np.tanh(x[:, 1:] / 2)
    losses: np.ndarray = np.maximum(half, 0) * steep + np.maximum(-half, 0) * bowls
    return losses


def gradients_at(x: np.ndarray, bound: float) -> np.ndarray:
    """The gradients of both losses at each point.

    Shapes: ``x (n, 2) -> (n, 2, 2)``, the loss before the coordinate.

    At a bound, where there are two slopes, it is that of the side that moves: at x_2 = 0 that of
    both c_1 and c_2.  With slopes of 0 a point with x_2 = 0 could never leave.
    """
    inside, bowls = logarithms(x), parabolas(x)
    height = x[:, 1:]
    steep = np.log(np.maximum(np.abs(inside), bound)) + 6
    slope = np.where(np.abs(inside) >= bound, 1 / np.where(inside == 0, 1.0, inside), 0.0)
    half = np.tanh(height / 2)
    above, below = np.maximum(half, 0), np.maximum(-half, 0)
    turn = (1 - half**2) / 2
    sech = 1 - np.tanh(height) ** 2
    along = above * slope * -0.5 + below * np.array([-2.0, 2.0]) * apart(x) / 10
    up = above * slope * np.array([1.0, -1.0]) * sech + below * 0.02 * (height + 8)
    up = up + turn * ((height >= 0) * steep - (height <= 0) * bowls)
    return np.stack([along, up], axis=-1)


def logarithms(x: np.ndarray) -> np.ndarray:
    """What the logarithms are taken of, but for their bound, (n, 2)."""
    bend = np.tanh(x[:, 1])
    return np.stack([(-x[:, 0] - 7) / 2 + bend, (-x[:, 0] + 3) / 2 - bend + 2], axis=1)


def apart(x: np.ndarray) -> np.ndarray:
    """How far the middle of each parabola is along x_1: ``7 - x_1`` and ``7 + x_1``, (n, 2)."""
    return np.stack([7 - x[:, 0], 7 + x[:, 0]], axis=1)


def parabolas(x: np.ndarray) -> np.ndarray:
    """The losses below the axis but for their factor, (n, 2)."""
    bowls: np.ndarray = (apart(x) ** 2 + 0.1 * (x[:, 1:] + 8) ** 2) / 10 - 20
    return bowls


def front_at(along: np.ndarray) -> np.ndarray:
    """The x_2 of the Pareto front at each x_1 from -7 to 7, (n,) -> (n,).

    There the gradients of both losses along x_1 cancel with the weights ``(7 ± x_1) / 14``; what is
    left of the weighted loss is ``c_2 ((49 - x_1²)/10 + (x_2 + 8)²/100 - 20)``, least where its
    slope is 0, which is halved down to.
    """
    low, high = np.full_like(along, -12.0), np.full_like(along, -8.0)
    for _ in range(60):
        middle = (low + high) / 2
        half = np.tanh(-middle / 2)
        bowl = (49 - along**2) / 10 + (middle + 8) ** 2 / 100 - 20
        rising = half * (middle + 8) / 50 - (1 - half**2) / 2 * bowl > 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    middle_of_all: np.ndarray = (low + high) / 2
    return middle_of_all


def optimum() -> np.ndarray:
    """Where the mean of both losses is least: the middle of the front, (2,)."""
    return np.array([0.0, front_at(np.zeros(1))[0]])
