"""Rows as a normalization makes them, and the matrix of its slopes: for exercise 07.1."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

Row = tuple[float, ...]
NORMALISED = [  # rows of mean 0 and mean square 1
    (1.0, -1.0),
    (1.0, 1.0, -1.0, -1.0),
    (1.4, 0.2, -0.2, -1.4),
    (1.5, 0.5, 0.0, -0.5, -1.5),
    (1.4, 1.0, 0.2, -0.2, -1.0, -1.4),
]
DEVIATIONS = st.sampled_from([0.5, 1.0, 2.0, 3.0])


def slopes(z: np.ndarray, s: float) -> np.ndarray:
    """All dz_i / dx_j of one row, ``(δ_ij - 1/d) / s - c_i c_j / (d s³)`` with ``c = s z``."""
    d, c = len(z), s * z
    matrix: np.ndarray = (np.eye(d) - 1 / d) / s - np.outer(c, c) / (d * s**3)
    return matrix


@st.composite
def normalisations(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``h`` and ``z`` (n, d), ``s`` (n, 1): rows of z as a normalization makes them."""
    values = draw(st.sampled_from(NORMALISED))
    n = draw(st.integers(1, 4))
    rows = st.lists(st.permutations(values), min_size=n, max_size=n)
    number = st.integers(-4, 4).map(float)
    gradients = st.lists(
        st.lists(number, min_size=len(values), max_size=len(values)), min_size=n, max_size=n
    )
    deviations = st.lists(DEVIATIONS, min_size=n, max_size=n)
    return (
        np.array(draw(gradients)),
        np.array(draw(rows)),
        np.array(draw(deviations))[:, None],
    )
