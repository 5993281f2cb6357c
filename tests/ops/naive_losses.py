"""The losses again, one position after the other in Python floats."""

import math
from typing import Any

import numpy as np

from tests.ops.naive import log_sum_exp


def rms_norm(x: np.ndarray, gain: np.ndarray, *, eps: float = 1e-6) -> np.ndarray:
    y = np.zeros(x.shape)
    for place in np.ndindex(*x.shape[:-1]):
        root = math.sqrt(math.fsum(v * v for v in x[place].tolist()) / x.shape[-1] + eps)
        y[place] = [a * v / root for a, v in zip(gain.tolist(), x[place].tolist(), strict=True)]
    return y


def reduced(costs: dict, shape: tuple[int, ...], reduction: str, total: float) -> np.ndarray:
    """One number from the cost of every place that counts, or all of them."""
    if reduction == "none":
        y = np.zeros(shape)
        for place, cost in costs.items():
            y[place] = cost
        return y
    return np.array(math.fsum(costs.values()) / (total if reduction == "mean" else 1.0))


def squared_error(
    predictions: np.ndarray, *, targets: np.ndarray, reduction: str = "mean"
) -> np.ndarray:
    targets = np.asarray(targets)
    costs = {p: float(x - float(targets[p])) ** 2 for p, x in np.ndenumerate(predictions)}
    return reduced(costs, predictions.shape, reduction, predictions.size)


def binary_cross_entropy_with_logits(
    logits: np.ndarray,
    *,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    weight_of_positive: float = 1.0,
    reduction: str = "mean",
) -> np.ndarray:
    """Yes and no as two classes with the logits z and 0."""
    targets, costs = np.asarray(targets), {}
    for place, logit in np.ndenumerate(logits):
        z, t = float(logit), float(targets[place])
        weight = 1.0 if weights is None else float(np.asarray(weights)[place])
        yes = weight_of_positive * t * (log_sum_exp([z, 0.0]) - z)
        costs[place] = weight * (yes + (1.0 - t) * log_sum_exp([z, 0.0]))
    return reduced(costs, logits.shape, reduction, logits.size)


def nll_loss(
    log_probabilities: np.ndarray,
    *,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> np.ndarray:
    costs, total = {}, []
    for place, target in np.ndenumerate(np.asarray(targets)):
        if target != ignore_index:
            weight = 1.0 if weights is None else float(weights[int(target)])
            costs[place] = -weight * float(log_probabilities[place][int(target)])
            total.append(weight)
    return reduced(costs, np.shape(targets), reduction, math.fsum(total) or 1.0)


def cross_entropy(logits: np.ndarray, **settings: Any) -> np.ndarray:
    return smoothed_cross_entropy(logits, smoothing=0.0, **settings)


def smoothed_cross_entropy(
    logits: np.ndarray,
    *,
    targets: np.ndarray,
    smoothing: float,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> np.ndarray:
    losses = {}
    for place, target in np.ndenumerate(np.asarray(targets)):
        if target != ignore_index:
            row = logits[place].tolist()
            costs = [log_sum_exp(row) - z for z in row]
            plain, uniform = costs[int(target)], math.fsum(costs) / len(costs)
            losses[place] = (1.0 - smoothing) * plain + smoothing * uniform
    return reduced(losses, np.shape(targets), reduction, max(len(losses), 1))


def cross_entropy_with_probabilities(
    logits: np.ndarray, *, probabilities: np.ndarray, reduction: str = "mean"
) -> np.ndarray:
    costs = {}
    for place in np.ndindex(*logits.shape[:-1]):
        row = logits[place].tolist()
        shares = zip(probabilities[place].tolist(), row, strict=True)
        costs[place] = math.fsum(q * (log_sum_exp(row) - z) for q, z in shares)
    return reduced(costs, logits.shape[:-1], reduction, len(costs))


def contrastive_loss(scores: np.ndarray) -> np.ndarray:
    n, lines = len(scores), [*scores.tolist(), *scores.T.tolist()]
    costs = [log_sum_exp(line) - line[i % n] for i, line in enumerate(lines)]
    return np.array(math.fsum(costs) / (2 * n))
