"""A clue that goes with the class in training and against it afterwards.

    class  y = -1 or 1, equally often
    core   x1 = y + standard normal noise             what defines the class; alone 84 % right
    clue   x2 = scale s,   s = y with probability a    a = 0.95 in training, 0.05 after the shift

Logistic regression in several forms is fitted to a sample; its accuracy in both worlds is then
exact, with no test sample: x1 is normal, so that each case (y, s) is right with probability

    Phi((w1 + y b + y s scale w2) / |w1|).

The clue comes in two scales, because a penalty on weights depends on units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from minillm.labs.study import Study
from minillm.optim import minimize

AGREEMENTS = IN_DISTRIBUTION, SHIFTED = 0.95, 0.05
SCALES = (2.0, 0.5)
EXAMPLES, RATE, STRENGTHS = 1000, 0.3, (0.01, 0.1, 1.0)


class Sample(NamedTuple):
    """Examples with the weight that each has in the loss."""

    x: np.ndarray  # (N, 2)
    y: np.ndarray  # (N,) -1 or 1
    weights: np.ndarray  # (N,) sum to 1


def draw(n: int, scale: float, rng: np.random.Generator) -> Sample:
    """``n`` examples of the training world, all of the same weight."""
    y = rng.choice([-1.0, 1.0], n)
    s = np.where(rng.random(n) < IN_DISTRIBUTION, y, -y)
    return Sample(np.stack([y + rng.standard_normal(n), scale * s], axis=1), y, np.full(n, 1 / n))


def with_dropout(sample: Sample, rate: float) -> Sample:
    """Every example under its four masks, each with its probability: the expected loss, exactly."""
    parts = []
    for keep in ((1, 1), (1, 0), (0, 1), (0, 0)):
        probability = np.prod([1 - rate if kept else rate for kept in keep])
        x = sample.x * np.array(keep) / (1 - rate)
        parts.append((x, sample.y, sample.weights * probability))
    return Sample(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def reweighted(sample: Sample) -> Sample:
    """The four groups (class, clue) with a quarter of the weight each; empty groups have none.

    Somebody must know the clue to form the groups.

    Source: Sagawa et al. 2020, "Distributionally Robust Neural Networks for Group Shifts", on
        such weights beside other remedies.
    """
    groups = (sample.y > 0) * 2 + (sample.x[:, 1] > 0)
    sizes = np.bincount(groups, minlength=4)
    weights = 1.0 / sizes[groups]
    return sample._replace(weights=weights / weights.sum())


def fit(sample: Sample, *, strength: float = 0.0) -> np.ndarray:
    """The only minimum of the penalised loss, (w1, w2, b); the bias is free of the penalty.

    L = sum_i weight_i log(1 + exp(-y_i (w.x_i + b))) + strength/2 (w1² + w2²)
    """
    x = np.concatenate([sample.x, np.ones((len(sample.y), 1))], axis=1)  # (N, 3)
    pull = strength * np.array([1.0, 1.0, 0.0])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        margins = sample.y * (x @ theta)
        value = sample.weights @ np.logaddexp(0, -margins) + (pull * theta) @ theta / 2
        slopes = -sample.y * sample.weights * np.exp(-np.logaddexp(0, margins))
        return float(value), x.T @ slopes + pull * theta

    return minimize(loss, np.zeros(3))


def exact_accuracy(theta: np.ndarray, scale: float, aligned: float) -> float:
    """The probability of a right answer where clue and class agree with that probability."""
    w1, w2, b = theta
    return sum(
        (aligned if s == y else 1 - aligned)
        / 2
        * normal((w1 + y * b + y * s * scale * w2) / abs(w1))
        for y in (-1, 1)
        for s in (-1, 1)
    )


def normal(z: float) -> float:
    """The distribution function of the standard normal."""
    return (1 + math.erf(z / math.sqrt(2))) / 2


METHODS: dict[str, Callable[[Sample], np.ndarray]] = {
    "plain": fit,
    **{f"L2 {strength:g}": partial(fit, strength=strength) for strength in STRENGTHS},
    f"dropout {RATE:g}": lambda sample: fit(with_dropout(sample, RATE)),
    "reweighted": lambda sample: fit(reweighted(sample)),
}


def measure(seed: int) -> dict[str, np.ndarray]:
    """For each method the accuracy in distribution and shifted, at both scales, (2, 2)."""
    samples = {scale: draw(EXAMPLES, scale, np.random.default_rng(seed)) for scale in SCALES}
    return {
        name: np.array(
            [
                [exact_accuracy(method(samples[scale]), scale, a) for a in AGREEMENTS]
                for scale in SCALES
            ]
        )
        for name, method in METHODS.items()
    }


STUDY = Study(
    "spurious",
    "Does L2 or dropout help where a clue of the training data turns against the class?",
    {
        "agreement": AGREEMENTS,
        "scales": SCALES,
        "examples": EXAMPLES,
        "rate": RATE,
        "strengths": STRENGTHS,
    },
    measure,
    range(10),
)
