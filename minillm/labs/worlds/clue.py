"""A clue that goes with the class in training and against it afterwards::

    class  y = -1 or 1, equally often
    core   x1 = y + standard normal noise             what defines the class; alone 84 % right
    clue   x2 = scale s,   s = y with probability a

The accuracy of a linear classifier is exact, with no test sample: x1 is normal, so that each case
(y, s) is right with probability ``Phi((w1 + y b + y s scale w2) / |w1|)``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Sample(NamedTuple):
    """Examples with the weight that each has in the loss."""

    x: np.ndarray  # (N, 2)
    y: np.ndarray  # (N,) -1 or 1
    weights: np.ndarray  # (N,) sum to 1


def draw(n: int, *, scale: float, agreement: float, rng: np.random.Generator) -> Sample:
    """``n`` examples whose clue agrees with the class so often, all of the same weight."""
    y = rng.choice([-1.0, 1.0], n)
    s = np.where(rng.random(n) < agreement, y, -y)
    return Sample(np.stack([y + rng.standard_normal(n), scale * s], axis=1), y, np.full(n, 1 / n))


def exact_accuracy(theta: np.ndarray, *, scale: float, agreement: float) -> float:
    """The probability that the weights (w1, w2, b) are right where the clue agrees so often."""
    w1, w2, b = theta
    return sum(
        (agreement if s == y else 1 - agreement)
        / 2
        * normal((w1 + y * b + y * s * scale * w2) / abs(w1))
        for y in (-1, 1)
        for s in (-1, 1)
    )


def normal(z: float) -> float:
    """The distribution function of the standard normal."""
    return (1 + math.erf(z / math.sqrt(2))) / 2
