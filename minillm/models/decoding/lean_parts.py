"""The layers of a GPT as functions of plain arrays that hold their weights.

Letters: D inputs, O outputs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from minillm.nn import FeedForward, LayerNorm, Linear, Module, RMSNorm, SwiGLU

A, B = math.sqrt(2.0 / math.pi), 0.044715


class Affine(NamedTuple):
    """``x Wᵀ + b``: ``weight (O, D)``, ``bias (O,)`` or none."""

    weight: np.ndarray
    bias: np.ndarray | None

    def __call__(self, x: np.ndarray, /) -> np.ndarray:
        y = x.reshape(-1, x.shape[-1]) @ self.weight.T
        if self.bias is not None:
            y += self.bias
        return y.reshape(*x.shape[:-1], -1)


class Norm(NamedTuple):
    """LayerNorm, or RMSNorm where there is no bias."""

    weight: np.ndarray
    bias: np.ndarray | None
    eps: float

    def __call__(self, x: np.ndarray, /) -> np.ndarray:
        if self.bias is not None:
            x = x - x.mean(axis=-1, keepdims=True)
        square = np.vecdot(x, x)[..., None]
        square /= x.shape[-1]
        square += self.eps
        y = x / np.sqrt(square, out=square)
        y *= self.weight
        if self.bias is not None:
            y += self.bias
        return y


class Gelu(NamedTuple):
    """``FeedForward`` with ``gelu_tanh``: ``y (1 + tanh(a y + a b y³)) / 2`` between two maps."""

    inner: Affine
    outer: Affine

    def __call__(self, x: np.ndarray, /) -> np.ndarray:
        y = self.inner(x)
        u = y * y
        u *= A * B
        u += A
        u *= y
        np.tanh(u, out=u)
        u += 1.0
        u *= y
        u *= 0.5
        return self.outer(u)


class Gated(NamedTuple):
    """``SwiGLU``, gate and inner map being one product; ``silu(y) = y (1 + tanh(y / 2)) / 2``."""

    both: Affine
    outer: Affine

    def __call__(self, x: np.ndarray, /) -> np.ndarray:
        y = self.both(x)
        half = y.shape[-1] // 2
        gate = y[..., :half]
        u = gate * 0.5
        passed = np.tanh(u)
        passed += 1.0
        passed *= u
        passed *= y[..., half:]
        return self.outer(passed)


Thought = Gelu | Gated


def affine_of(layer: Linear) -> Affine:
    """A linear layer's weights."""
    return Affine(at_least_float32(layer.weight.data), *biases_of(layer))


def norm_of(layer: Module) -> Norm:
    """A normalization's weights.

    Raises:
        TypeError: it is neither of the two that a GPT has.
    """
    if not isinstance(layer, LayerNorm | RMSNorm):
        raise TypeError(f"a lean GPT has LayerNorm or RMSNorm, got {type(layer).__name__}")
    return Norm(at_least_float32(layer.weight.data), *biases_of(layer), layer.eps)


def thought_of(layer: Module) -> Thought:
    """The feed-forward network of a block.

    Raises:
        TypeError: it is neither of the two that a GPT has.
    """
    if isinstance(layer, SwiGLU):
        both = joined(affine_of(layer.gate), affine_of(layer.inner))
        return Gated(both, affine_of(layer.outer))
    if isinstance(layer, FeedForward):
        return Gelu(affine_of(layer.inner), affine_of(layer.outer))
    raise TypeError(f"a lean GPT has FeedForward or SwiGLU, got {type(layer).__name__}")


def joined(*parts: Affine) -> Affine:
    """Several maps of one input as one map, their outputs side by side."""
    biases = [part.bias for part in parts if part.bias is not None]
    weight = np.concatenate([part.weight for part in parts])
    return Affine(weight, np.concatenate(biases) if biases else None)


def biases_of(layer: Linear | LayerNorm | RMSNorm) -> tuple[np.ndarray | None]:
    """Its bias, if it has one."""
    bias = getattr(layer, "bias", None)
    return (None if bias is None else at_least_float32(bias.data),)


def at_least_float32(x: np.ndarray) -> np.ndarray:
    """The numbers of a weight on the host.

    Raises:
        TypeError: it is on a device.
    """
    if not isinstance(x, np.ndarray):
        raise TypeError("a lean GPT needs a model on the host: model.to_device('cpu')")
    return x.astype(np.result_type(x.dtype, np.float32), copy=False)
