"""The one programme that aggregators need: a quadratic over weights that are not negative."""

from __future__ import annotations

import numpy as np

SMALL = 1e-12  # of the largest number in question


def least_over_cone(q: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The weights of the least ``½ w'Qw - c'w`` where no weight is negative, by active sets::

        g = c - Qw;   w_i > 0 where g_i = 0,   w_i = 0 where g_i <= 0

    Shapes: ``q (m, m)`` positive semidefinite, ``c (m,) -> (m,)``.

    A weight is let in where the gradient g asks for it most; all that are in take the least value
    without a bound; where one of those is negative, the way there ends at 0 and that weight is out
    again.  Every round lowers the value and no set comes twice, so it ends, at the exact weights:
    nothing is a step size or a tolerance but that of rounding.

    Raises:
        ValueError: there is no least value: c points along a direction in which Q is 0.
    Source: Lawson & Hanson 1974, "Solving Least Squares Problems", chapter 23 (in the form of
        normal equations: Bro & de Jong 1997, "A fast non-negativity-constrained least squares
        algorithm").
    """
    w, inside = np.zeros(len(c)), np.zeros(len(c), dtype=bool)
    least = SMALL * np.abs(c).max(initial=0.0)
    for _ in range(3 * 2 ** min(len(c), 16)):
        gradient = c - q @ w
        outside = np.where(inside, -np.inf, gradient)
        if outside.max(initial=-np.inf) <= least:
            if np.abs(gradient[inside]).max(initial=0.0) > 1e6 * least:
                break
            return w
        inside[outside.argmax()] = True
        w, inside = settled(q, c, w, inside)
    raise ValueError("least_over_cone: the value falls without a bound along some direction")


def settled(
    q: np.ndarray, c: np.ndarray, w: np.ndarray, inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The least value over the weights that are in; those that fall to 0 on the way go out."""
    while True:
        goal = np.zeros_like(w)
        goal[inside] = np.linalg.lstsq(q[np.ix_(inside, inside)], c[inside], rcond=SMALL)[0]
        falling = inside & (goal < 0)
        if not falling.any():
            return goal, inside
        shares = w[falling] / (w[falling] - goal[falling])
        w = w + shares.min() * (goal - w)
        inside = inside & ~(falling & (w <= SMALL * np.abs(w).max()))
        w[~inside] = 0.0
