"""The one programme that aggregators need: least squares with weights that are not negative."""

from __future__ import annotations

import numpy as np

from minillm.training.objectives.aggregators.gram import cosines_of

NOISE = 1e-14  # an eigenvalue of the cosines below it is rounding


def unit_vectors(gram: np.ndarray) -> np.ndarray:
    """The directions of the gradients in as many dimensions as they span, one in each column.

    Shapes: ``gram (m, m) -> (r, m)``; a gradient that is 0 has a column of zeros.

    A Gram matrix in float64 knows angles down to about 1e-8; what is finer is taken for none.
    """
    values, vectors = np.linalg.eigh(cosines_of(gram))
    kept = values > NOISE * len(gram)
    units: np.ndarray = np.sqrt(values[kept])[:, None] * vectors[:, kept].T
    return units


def non_negative(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The weights of the least ``|Aw - b|²`` where no weight is negative, by active sets::

        g = A'(b - Aw);   w_i > 0 where g_i = 0,   w_i = 0 where g_i <= 0

    Shapes: ``a (r, m), b (r,) -> (m,)``; the columns of A are of like lengths.

    A weight is let in where g asks for it most; all that are in take the least value without a
    bound; where one of those is negative, the way there ends at 0, and that weight is out again.
    The distance falls every time, so no set of weights comes twice: it ends for any m, at exact
    weights, without a step size.

    Source: Lawson & Hanson 1974, "Solving Least Squares Problems", chapter 23.
    """
    w, inside = np.zeros(a.shape[1]), np.zeros(a.shape[1], dtype=bool)
    barred = inside.copy()  # let in at this w, and at once out again
    while True:
        g = a.T @ (b - a @ w)
        least = 1e-13 * max(np.linalg.norm(b), np.abs(w).max(initial=0.0))
        asking = np.where(inside | barred, 0.0, g)
        if asking.max(initial=0.0) <= least:
            return w
        new = asking.argmax()
        inside[new] = True
        found, inside = settled(a, b, w, inside)
        if inside[new] and np.linalg.norm(a @ found - b) < np.linalg.norm(a @ w - b):
            w, barred = found, np.zeros_like(barred)
        else:
            inside, barred[new] = w > 0, True


def with_equation(units: np.ndarray, row: np.ndarray) -> np.ndarray:
    """The weights of the least ``|Uw|² + (row·w - 1)²`` where no weight is negative.

    Shapes: ``units U (r, m), row (m,) -> (m,)``.
    """
    goal = np.zeros(len(units) + 1)
    goal[-1] = 1.0
    return non_negative(np.vstack([units, row]), goal)


def settled(
    a: np.ndarray, b: np.ndarray, w: np.ndarray, inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The least value over the weights that are in; those that fall to 0 on the way go out."""
    while True:
        goal = np.zeros_like(w)
        goal[inside] = np.linalg.lstsq(a[:, inside], b, rcond=1e-10)[0]
        falling = inside & (goal <= 0)
        if not falling.any():
            return goal, inside
        shares = np.divide(w, w - goal, out=np.zeros_like(w), where=falling & (w > 0))
        least = shares[falling].min()
        w = w + least * (goal - w)
        inside = inside & ~(falling & (shares <= least))
        w[~inside] = 0.0
