"""Integrated gradients: the slope of a score added up on the way from a text that says nothing.

Letters: B texts, T positions, D width of a vector, m steps.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.models.attribution.gradients import Score, check_finite, checked_vectors, slopes_for


def integrated_gradients(
    score: Score, vectors: np.ndarray, baseline: np.ndarray, *, steps: int = 32
) -> np.ndarray:
    """What each token adds to the score on the straight way from the baseline x' to the text x::

        a_t = sum_d (x_td - x'_td) 1/m sum_{k=1..m} dF/dx_td (x' + (k - 1/2)/m (x - x'))

    The slopes are taken in the middle of m equal steps: the error of the integral falls as 1/m².
    Completeness: as m grows, ``sum_t a_t`` goes to ``F(x) - F(x')``; see ``completeness_gap``.

    Shapes: ``vectors (B, T, D)``, ``baseline`` the same or ``(T, D)`` or ``(D,)`` -> ``(B, T)``, in
    the unit of the score.

    Raises:
        ValueError: no steps; a baseline that does not fit; as ``slopes``.
        RuntimeError: as ``slopes``.
    Source: Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks",
        arXiv:1703.01365, sections 3 and 5 (there with the slopes at the ends of the steps).
    Guide: 8.1.4, 8.2.4 (G52).
    """
    if not isinstance(steps, Integral) or steps < 1:
        raise ValueError(f"integrated_gradients: steps must be a whole number >= 1, got {steps!r}")
    vectors = checked_vectors("integrated_gradients", vectors)
    start = checked_baseline("integrated_gradients", vectors, baseline)
    way, total = vectors - start, np.zeros(vectors.shape)
    for k in range(int(steps)):
        middle = start + np.asarray((k + 0.5) / steps, dtype=vectors.dtype) * way
        total += slopes_for("integrated_gradients", score, middle)
    found: np.ndarray = (way * total).sum(axis=-1) / steps
    return found


def completeness_gap(
    score: Score, vectors: np.ndarray, baseline: np.ndarray, attributions: np.ndarray
) -> np.ndarray:
    """By how much attributions miss what they were to explain, ``sum_t a_t - (F(x) - F(x'))``.

    Shapes: ``attributions (B, T) -> (B,)``, in the unit of the score; 0 is without fault.

    Raises:
        ValueError: attributions that are not ``(B, T)``; a baseline that does not fit.
    Source: Sundararajan, Taly & Yan 2017, arXiv:1703.01365, proposition 1.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    vectors = checked_vectors("completeness_gap", vectors)
    start = checked_baseline("completeness_gap", vectors, baseline)
    attributions = np.asarray(attributions)
    if attributions.shape != vectors.shape[:2]:
        raise ValueError(
            f"completeness_gap: attributions must be {vectors.shape[:2]}, got {attributions.shape}"
        )
    with no_grad():
        difference = score(Tensor(vectors)).data - score(Tensor(start)).data
    gap: np.ndarray = attributions.sum(axis=1) - difference
    return gap


def checked_baseline(name: str, vectors: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """The baseline in the shape of the vectors.

    Raises:
        ValueError: it has another shape, or a batch of its own; a number that is not finite.
    """
    shape, baseline = vectors.shape, np.asarray(baseline)
    if baseline.shape not in (shape, shape[1:], shape[2:]):
        raise ValueError(
            f"{name}: baseline must be {shape}, {shape[1:]} or {shape[2:]} as the vectors are, "
            f"got {baseline.shape}"
        )
    check_finite(f"{name}: baseline", baseline)
    return np.broadcast_to(baseline, shape).astype(vectors.dtype)
