"""Reductions and running sums again, one slice at a time."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ops import naive


def reduced(function: Callable[..., float]) -> Callable[..., np.ndarray]:
    """``function`` of a list of Python floats, for every slice that ``axis`` names."""

    def reference(
        x: np.ndarray, *, axis: Any = None, keepdims: bool = False, **settings: Any
    ) -> np.ndarray:
        named = range(x.ndim) if axis is None else np.array(axis, dtype=int).ravel()
        axes = sorted({int(i) % x.ndim for i in named})
        kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
        rest = [n for i, n in enumerate(x.shape) if i not in axes]
        rows = np.moveaxis(x, axes, range(-len(axes), 0))
        rows = rows.reshape(math.prod(rest), math.prod(x.shape[i] for i in axes))
        y = np.array([function(row, **settings) for row in rows.tolist()], dtype=float)
        return y.reshape(kept if keepdims else rest)

    return reference


def variance(row: list[float], *, correction: float = 0.0) -> float:
    mean = math.fsum(row) / len(row)
    return math.fsum((v - mean) ** 2 for v in row) / (len(row) - correction)


def deviation(row: list[float], *, correction: float = 0.0) -> float:
    mean = math.fsum(row) / len(row)
    return math.hypot(*(v - mean for v in row)) / math.sqrt(len(row) - correction)


def logsumexp(x: np.ndarray, *, axis: int = -1, keepdims: bool = False) -> np.ndarray:
    return reduced(naive.log_sum_exp)(x, axis=axis, keepdims=keepdims)


def cumsum(x: np.ndarray, *, axis: int) -> np.ndarray:
    return naive.along(axis, lambda row: list(itertools.accumulate(row)), x)
