"""First values of weights, with the variance argument behind them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Integral
from typing import Any

import numpy as np

from minillm.backend import check_rng

DRAWN = ContextVar("DRAWN", default=True)  # whether first values are drawn; else they are 0


@contextmanager
def undrawn() -> Iterator[None]:
    """Models made inside have zeros for random weights: for those that are read from a file.

    All of them are one zero, so that a large model is made at once and without memory.
    """
    before = DRAWN.set(False)
    try:
        yield
    finally:
        DRAWN.reset(before)


def normal(shape: tuple[int, ...], *, std: float, rng: np.random.Generator) -> np.ndarray:
    """Independent normal numbers of mean 0 and standard deviation ``std``, in float32.

    Raises:
        TypeError: ``rng`` is not a generator; so in all functions of this file.
    """
    check_rng(rng)
    if not DRAWN.get():
        return np.broadcast_to(np.float32(0.0), shape)
    return (std * rng.standard_normal(shape)).astype(np.float32)


def uniform(shape: tuple[int, ...], *, limit: float, rng: np.random.Generator) -> np.ndarray:
    """Independent uniform numbers in [-limit, limit], in float32."""
    check_rng(rng)
    if not DRAWN.get():
        return np.broadcast_to(np.float32(0.0), shape)
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def check_integers(layer: str, **sizes: Any) -> None:
    """Refuse sizes such as ``(3,)`` or ``3.0``; how large they have to be, the layers say.

    Raises:
        TypeError: naming the layer and the size.
    """
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, Integral):
            raise TypeError(f"{layer}: {name} must be one integer, got {size!r}")


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs and outputs a weight (out, in) has.

    Raises:
        ValueError: ``shape`` is not two sizes of at least 1.
    """
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"a weight must be (out, in) with sizes of at least 1, got {shape}")
    return shape[1], shape[0]


def xavier_uniform(shape: tuple[int, int], *, rng: np.random.Generator) -> np.ndarray:
    """Uniform numbers in [-a, a] with a = sqrt(6 / (in + out)), for a weight (out, in).

    ``y = W x`` has Var(y) = in Var(w) Var(x), and the backward pass multiplies by out Var(w):
    Var(w) = a²/3 = 2 / (in + out) is the compromise that keeps both near 1.

    Source: Glorot & Bengio 2010, "Understanding the Difficulty of Training Deep Feedforward
        Neural Networks", eq. 16.
    """
    return uniform(shape, limit=math.sqrt(6.0 / sum(fans(shape))), rng=rng)


def xavier_normal(shape: tuple[int, int], *, rng: np.random.Generator) -> np.ndarray:
    """Normal numbers with the variance of ``xavier_uniform``, 2 / (in + out).

    Source: Glorot & Bengio 2010, eq. 12.
    """
    return normal(shape, std=math.sqrt(2.0 / sum(fans(shape))), rng=rng)


def kaiming_uniform(shape: tuple[int, int], *, rng: np.random.Generator) -> np.ndarray:
    """Uniform numbers in [-a, a] with a = sqrt(6 / in): for a weight (out, in) behind a relu.

    A relu keeps half of ``E[x²]``, so that ``y = W relu(x)`` has Var(y) = in Var(w) Var(x) / 2:
    Var(w) = a²/3 = 2 / in undoes the loss.  Xavier's variance would halve the signal in every
    layer of a deep stack.

    Source: He et al. 2015, "Delving Deep into Rectifiers", eq. 10 (there with normal numbers).
    """
    inputs, _ = fans(shape)
    return uniform(shape, limit=math.sqrt(6.0 / inputs), rng=rng)


def kaiming_normal(shape: tuple[int, int], *, rng: np.random.Generator) -> np.ndarray:
    """Normal numbers with the variance of ``kaiming_uniform``, 2 / in.

    Source: He et al. 2015, "Delving Deep into Rectifiers", eq. 10.
    """
    inputs, _ = fans(shape)
    return normal(shape, std=math.sqrt(2.0 / inputs), rng=rng)
