"""One number that makes a classifier less sure, or surer: the temperature of its scores."""

from __future__ import annotations

import math

import numpy as np

from minillm.backend.ids import integer_array
from minillm.ops import softmax

LIMITS = (0.05, 20.0)  # between which a temperature is looked for


def cooled(scores: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities ``softmax(scores / T)``, (N, C) -> (N, C).

    Raises:
        ValueError: the temperature is not a positive number.
    Source: as ``fit_temperature``.
    """
    if not 0 < temperature < math.inf:
        raise ValueError(f"cooled: temperature must be positive and finite, got {temperature}")
    p, _ = softmax.rule(np.asarray(scores, dtype=np.float64) / temperature, axis=1)
    found: np.ndarray = p
    return found


def fit_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The temperature T under which the labels of held-out texts are most probable::

        L(b) = -1/N sum_i ln softmax(b z_i)[y_i],    b = 1 / T
        L'(b) = 1/N sum_i (sum_c p_ic z_ic - z_i[y_i])

    L is convex in b, so that halving finds where L' is 0; no temperature changes which class is
    named.  It is looked for from 0.05 to 20, and where the best is beyond, the end is given: 20
    where the scores know nothing, 0.05 where no label contradicts them.

    Shapes: ``scores (N, C), labels (N,)``.

    Raises:
        ValueError: other shapes; scores that are not finite; a label that is not one of 0 to C - 1;
            labels of one class only, of which any bias would do what a temperature is to do.
        TypeError: labels that are not integers.
    Source: Guo, Pleiss, Sun & Weinberger 2017, "On Calibration of Modern Neural Networks",
        arXiv:1706.04599, section 4.2.
    """
    z, y = np.asarray(scores, dtype=np.float64), integer_array(labels, name="labels")
    if z.ndim != 2 or y.shape != z.shape[:1] or not np.isfinite(z).all():
        raise ValueError(
            f"fit_temperature: finite scores (N, C) and labels (N,) are needed, got {z.shape} and "
            f"{y.shape}"
        )
    present = np.unique(y)
    if len(present) < 2 or present[0] < 0 or present[-1] >= z.shape[1]:
        raise ValueError(
            f"fit_temperature: labels must be of at least 2 of the classes 0 to {z.shape[1] - 1}, "
            f"got {present.tolist()}"
        )
    own = z[np.arange(len(y)), y]
    low, high = (1 / limit for limit in reversed(LIMITS))
    for _ in range(60):
        middle = (low + high) / 2
        slope = ((cooled(z, 1 / middle) * z).sum(axis=1) - own).mean()
        low, high = (middle, high) if slope < 0 else (low, middle)
    return 2 / (low + high)
