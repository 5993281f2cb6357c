"""The plain ways to make one gradient of several, and what every other way shares with them.

An aggregator is a function of the Gram matrix ``G = J J'`` of the tasks' gradients, the rows of
the Jacobian J; it gives a weight for each row, and the update goes along ``d = J' w``.  So what
``J d = G w`` says, how every task's loss changes, is known without J.  G is (m, m) for m tasks,
however many parameters there are.
"""

from __future__ import annotations

import numpy as np

SMALL = 1e-12  # of the largest number in question


def checked_gram(gram: np.ndarray) -> np.ndarray:
    """The Gram matrix in float64, exactly symmetric.

    Raises:
        ValueError: it is not (m, m) with m at least 1, not finite, not symmetric, or a square of a
            length in it is negative.
    """
    gram = np.asarray(gram, dtype=np.float64)
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1] or not len(gram):
        raise ValueError(f"a Gram matrix is (m, m) with one row a task, got {gram.shape}")
    if not np.isfinite(gram).all():
        raise ValueError(f"the Gram matrix is not finite: is a gradient? {gram.tolist()!r:.200}")
    largest = np.abs(gram).max()
    if np.abs(gram - gram.T).max() > 1e-6 * largest or gram.diagonal().min() < 0:
        raise ValueError(f"J J' is symmetric with squares on its diagonal, got {gram.tolist()}")
    return (gram + gram.T) / 2


def lengths_of(gram: np.ndarray) -> np.ndarray:
    """The length of each gradient, (m,); one that is 0 beside the others is 0."""
    squares = gram.diagonal()
    squares = np.where(squares > SMALL**2 * squares.max(), squares, 0.0)
    lengths: np.ndarray = np.sqrt(squares)
    return lengths


def cosines_of(gram: np.ndarray) -> np.ndarray:
    """The cosines between the gradients, (m, m); 0 with a gradient that is 0."""
    lengths = lengths_of(gram)
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    cosines: np.ndarray = gram * inverse[:, None] * inverse
    return cosines


def mean(gram: np.ndarray) -> np.ndarray:
    """The mean of the gradients: that of the mean of the losses::

        w_i = 1/m

    Shapes: ``gram (m, m) -> (m,)``.

    It may raise a loss: where gradients conflict, ``J d`` may have a negative entry.

    Raises:
        ValueError: as ``checked_gram``.
    """
    m = len(checked_gram(gram))
    return np.full(m, 1 / m)


def total(gram: np.ndarray) -> np.ndarray:
    """The sum of the gradients: that of the sum of the losses::

        w_i = 1

    Shapes: ``gram (m, m) -> (m,)``.

    Raises:
        ValueError: as ``checked_gram``.
    """
    return np.ones(len(checked_gram(gram)))
