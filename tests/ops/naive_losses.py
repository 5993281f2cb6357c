"""The losses again, one position after the other in Python floats."""

import math

import numpy as np

from tests.ops.naive import log_sum_exp


def rms_norm(x: np.ndarray, gain: np.ndarray, *, eps: float = 1e-6) -> np.ndarray:
    y = np.zeros(x.shape)
    for place in np.ndindex(*x.shape[:-1]):
        root = math.sqrt(math.fsum(v * v for v in x[place].tolist()) / x.shape[-1] + eps)
        y[place] = [a * v / root for a, v in zip(gain.tolist(), x[place].tolist(), strict=True)]
    return y


def squared_error(predictions: np.ndarray, *, targets: np.ndarray) -> np.ndarray:
    pairs = list(zip(predictions.ravel().tolist(), np.ravel(targets).tolist(), strict=True))
    return np.array(math.fsum((x - t) ** 2 for x, t in pairs) / len(pairs))


def binary_cross_entropy_with_logits(
    logits: np.ndarray, *, targets: np.ndarray, weight_of_positive: float = 1.0
) -> np.ndarray:
    """Yes and no as two classes with the logits z and 0."""
    pairs = list(zip(logits.ravel().tolist(), np.ravel(targets).tolist(), strict=True))
    costs = [
        weight_of_positive * t * (log_sum_exp([z, 0.0]) - z) + (1 - t) * log_sum_exp([z, 0.0])
        for z, t in pairs
    ]
    return np.array(math.fsum(costs) / len(pairs))


def nll_loss(
    log_probabilities: np.ndarray,
    *,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    ignore_index: int = -100,
) -> np.ndarray:
    cost, total = [], []
    for place, target in np.ndenumerate(np.asarray(targets)):
        if target != ignore_index:
            weight = 1.0 if weights is None else float(weights[int(target)])
            cost.append(-weight * float(log_probabilities[place][int(target)]))
            total.append(weight)
    return np.array(math.fsum(cost) / (math.fsum(total) or 1.0))


def smoothed_cross_entropy(
    logits: np.ndarray, *, targets: np.ndarray, smoothing: float, ignore_index: int = -100
) -> np.ndarray:
    losses = []
    for place, target in np.ndenumerate(np.asarray(targets)):
        if target != ignore_index:
            row = logits[place].tolist()
            costs = [log_sum_exp(row) - z for z in row]
            plain, uniform = costs[int(target)], math.fsum(costs) / len(costs)
            losses.append((1.0 - smoothing) * plain + smoothing * uniform)
    return np.array(math.fsum(losses) / max(len(losses), 1))
