"""The Gram matrix of the tasks' gradients: what is checked of it, and what it says."""

from __future__ import annotations

import numpy as np

SMALL = 1e-12  # of the largest number in question


def checked_gram(gram: np.ndarray) -> np.ndarray:
    """The Gram matrix in float64, exactly symmetric.

    Raises:
        ValueError: it is not (m, m) with m at least 1, not finite, not symmetric, a square of a
            length in it is negative, or a product is larger than that of both lengths.
    """
    gram = np.asarray(gram, dtype=np.float64)
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1] or not len(gram):
        raise ValueError(f"a Gram matrix is (m, m) with one row a task, got {gram.shape}")
    if not np.isfinite(gram).all():
        raise ValueError(f"the Gram matrix is not finite: is a gradient? {gram.tolist()!r:.200}")
    largest = np.abs(gram).max()
    if np.abs(gram - gram.T).max() > 1e-6 * largest or gram.diagonal().min() < 0:
        raise ValueError(f"J J' is symmetric with squares on its diagonal, got {gram.tolist()}")
    lengths = np.sqrt(gram.diagonal())
    if (np.abs(gram) > np.outer(lengths, lengths) + 1e-6 * largest).any():
        raise ValueError(f"no vectors have these products, a cosine is above 1: {gram.tolist()}")
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
