"""Items of one distribution, weighted as if they were of another.

Letters: N items, K kinds of item.
"""

from __future__ import annotations

import numpy as np


def density_ratio(target: np.ndarray, source: np.ndarray) -> np.ndarray:
    """How much more frequent each kind of item is in the target::

        w_k = q_k / p_k

    A kind that is in neither has the weight 0.

    Shapes: ``target (K,), source (K,) -> (K,)``, both probabilities.

    Raises:
        ValueError: other shapes, or no probabilities; a kind of the target that the source never
            has: no weight makes up for what was never seen, and the message names it.
    Source: Shimodaira 2000, "Improving predictive inference under covariate shift by weighting
        the log-likelihood function".
    Guide: 1.4.1 (G45).
    """
    q = distribution("density_ratio: target", target)
    p = distribution("density_ratio: source", source)
    if q.shape != p.shape:
        raise ValueError(f"density_ratio: target {q.shape} and source {p.shape} must be of a shape")
    unsupported = np.flatnonzero((p == 0) & (q > 0))
    if unsupported.size:
        raise ValueError(
            f"density_ratio: the source never has kind {', '.join(map(str, unsupported))}, which "
            "the target has; such items must be seen, or left out of the target"
        )
    return np.divide(q, p, out=np.zeros_like(q), where=p > 0)


def distribution(name: str, values: np.ndarray) -> np.ndarray:
    """Probabilities, (K,) in float64.

    Raises:
        ValueError: they are not at least 0, or do not add up to 1.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not (found >= 0).all() or not np.isclose(found.sum(), 1.0):
        raise ValueError(f"{name} must be probabilities (K,) that add up to 1, got {found}")
    return found


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """The mean of what was measured on the source, as it would be on the target::

        sum_i w_i x_i / sum_i w_i

    Shapes: ``values (N,), weights (N,)``.

    Raises:
        ValueError: other shapes; a weight that is negative or not finite; all of them are 0; a
            value that is not finite, even where its weight is 0.
    Source: as ``density_ratio``.
    """
    x, w = np.asarray(values, dtype=np.float64), checked_weights(weights)
    if x.shape != w.shape:
        raise ValueError(f"weighted_mean: values {x.shape} and weights {w.shape} must be (N,)")
    if not np.isfinite(x).all():
        place = int(np.flatnonzero(~np.isfinite(x))[0])
        raise ValueError(f"weighted_mean: values must be finite, got {x[place]} at {place}")
    return float(w @ x / w.sum())


def effective_size(weights: np.ndarray) -> float:
    """As how many equal ones the weighted items count::

        (sum_i w_i)² / sum_i w_i²        from 1, where one has all the weight, to N

    Shapes: ``weights (N,)``.

    Raises:
        ValueError: as ``weighted_mean``.
    Source: Kish 1965, "Survey Sampling".
    """
    w = checked_weights(weights)
    return float(w.sum() ** 2 / (w @ w))


def checked_weights(weights: np.ndarray) -> np.ndarray:
    """Weights of items, (N,) in float64.

    Raises:
        ValueError: they are not (N,), finite and at least 0, or all of them are 0.
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1 or not np.isfinite(w).all() or not (w >= 0).all() or not w.any():
        raise ValueError(f"weights must be (N,), finite, at least 0 and not all 0, got {w}")
    return w
