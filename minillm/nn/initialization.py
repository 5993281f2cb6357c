"""First values of weights, with the variance argument behind them."""

from __future__ import annotations

import math

import numpy as np


def normal(shape: tuple[int, ...], *, std: float, rng: np.random.Generator) -> np.ndarray:
    """Independent normal numbers of mean 0 and standard deviation ``std``, in float32."""
    return (std * rng.standard_normal(shape)).astype(np.float32)


def xavier_uniform(shape: tuple[int, int], *, rng: np.random.Generator) -> np.ndarray:
    """Uniform numbers in [-a, a] with a = sqrt(6 / (in + out)), for a weight (out, in).

    ``y = W x`` has Var(y) = in Var(w) Var(x), and the backward pass multiplies by out Var(w):
    Var(w) = a²/3 = 2 / (in + out) is the compromise that keeps both near 1.

    Source: Glorot & Bengio 2010, "Understanding the Difficulty of Training Deep Feedforward
        Neural Networks", eq. 16.
    """
    limit = math.sqrt(6.0 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
