"""Logistic regression where a clue of the training data turns against the class.

It is fitted in several forms to a sample of the training world; its accuracy is exact in both
worlds.  The clue comes in two scales, because a penalty on weights depends on units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.labs.worlds.clue import Sample, draw, exact_accuracy
from minillm.optim import minimize


@dataclass(frozen=True)
class Settings:
    """How often the clue agrees with the class, its sizes, the sample, and the remedies."""

    in_distribution: float = 0.95
    shifted: float = 0.05
    scales: tuple[float, ...] = (2.0, 0.5)
    examples: int = 1000
    strengths: tuple[float, ...] = (0.01, 0.1, 1.0)
    dropout: float = 0.3


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


def regression(sample: Sample, *, strength: float = 0.0) -> np.ndarray:
    """The only minimum of the penalised loss, (w1, w2, b)::

        L = sum_i weight_i log(1 + exp(-y_i (w.x_i + b))) + strength/2 (w1² + w2²)

    The bias is free of the penalty.
    """
    x = np.concatenate([sample.x, np.ones((len(sample.y), 1))], axis=1)  # (N, 3)
    pull = strength * np.array([1.0, 1.0, 0.0])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        margins = sample.y * (x @ theta)
        value = sample.weights @ np.logaddexp(0, -margins) + (pull * theta) @ theta / 2
        slopes = -sample.y * sample.weights * np.exp(-np.logaddexp(0, margins))
        return float(value), x.T @ slopes + pull * theta

    return minimize(loss, np.zeros(3))


def fitted(settings: Settings, sample: Sample) -> dict[str, np.ndarray]:
    """The weights (w1, w2, b) that each method finds."""
    noisy = with_dropout(sample, settings.dropout)
    return {
        "plain": regression(sample),
        **{f"L2 {s:g}": regression(sample, strength=s) for s in settings.strengths},
        f"dropout {settings.dropout:g}": regression(noisy),
        "reweighted": regression(reweighted(sample)),
    }


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """For each method the accuracy in distribution and shifted, at every scale, (scales, 2).

    Guide: 9.3.3 (G47).
    """
    found: dict[str, list[list[float]]] = {}
    for scale in settings.scales:
        sample = draw(
            settings.examples,
            scale=scale,
            agreement=settings.in_distribution,
            rng=stream(seed, "sample"),
        )
        for name, theta in fitted(settings, sample).items():
            row = [
                exact_accuracy(theta, scale=scale, agreement=agreement)
                for agreement in (settings.in_distribution, settings.shifted)
            ]
            found.setdefault(name, []).append(row)
    return {name: np.array(rows) for name, rows in found.items()}


STUDY = Study(
    name="spurious",
    question="Does L2 or dropout help where a clue of the training data turns against the class?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
)
