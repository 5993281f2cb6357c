"""The layers of a GPT as functions of plain arrays, with all that can be multiplied out beforehand.

A normalization's gain and bias go into the map that reads it::

    (g z + b) Wᵀ + c  =  z (W diag(g))ᵀ + (W b + c)

and LayerNorm's mean is taken off where the stream is written to, not where it is read: if every
term of a sum has the mean 0, so has the sum.  What is left of both norms is a division by the
length of x, once √D is in the gain.

Letters: N positions, D inputs, O outputs.

Source: Ashkboos et al. 2024, "SliceGPT: Compress Large Language Models by Deleting Rows and
    Columns", section 3.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from minillm.nn import Embedding, FeedForward, LayerNorm, Linear, Module, RMSNorm, SwiGLU

A, B = math.sqrt(2.0 / math.pi), 0.044715


class Affine(NamedTuple):
    """``x Wᵀ + b`` of ``x (N, D)``: ``turned`` is Wᵀ ``(D, O)``, ``bias (O,)`` or none.

    The transpose lies in one piece: for one row of x the product is a fifth faster.
    """

    turned: np.ndarray
    bias: np.ndarray | None

    def __call__(self, x: np.ndarray, /) -> np.ndarray:
        y = x @ self.turned
        if self.bias is not None:
            y += self.bias
        return y


class Gelu(NamedTuple):
    """``FeedForward`` with ``gelu_tanh``: ``y (1 + tanh(a y + a b y³)) / 2`` between two maps.

    The outer map has the half in it.
    """

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
        return self.outer(u)


class Gated(NamedTuple):
    """``SwiGLU``, gate and inner map being one product; ``silu(y) = y/2 (1 + tanh(y/2))``.

    The gate's map has the half in it.
    """

    both: Affine
    outer: Affine

    def __call__(self, x: np.ndarray, /) -> np.ndarray:
        y = self.both(x)
        half = y.shape[-1] // 2
        u = np.tanh(y[:, :half])
        u += 1.0
        u *= y[:, :half]
        u *= y[:, half:]
        return self.outer(u)


Thought = Gelu | Gated


def divided(x: np.ndarray, eps: float) -> np.ndarray:
    """What is left of a norm: ``x / √(sum(x²) + D eps)``, the mean of x being 0 for LayerNorm."""
    square = np.vecdot(x, x)[:, None]
    square += x.shape[-1] * eps
    return x / np.sqrt(square, out=square)


def reading(norm: Module, *layers: Linear | Embedding) -> Affine:
    """The maps that read a norm as one, their outputs side by side, the norm's gain and bias in it.

    Raises:
        TypeError: the norm is neither of the two that a GPT has.
    """
    if not isinstance(norm, LayerNorm | RMSNorm):
        raise TypeError(f"a lean GPT has LayerNorm or RMSNorm, got {type(norm).__name__}")
    weight = np.concatenate([plain(layer.weight) for layer in layers])
    bias = np.concatenate([bias_of(layer) for layer in layers])
    if isinstance(norm, LayerNorm):
        bias = bias + weight @ plain(norm.bias)
    gain = plain(norm.weight) * weight.shape[1] ** 0.5
    return affine(weight * gain, bias)


def writing(norm: Module, layer: Linear, factor: float = 1.0) -> Affine:
    """The map that writes into the stream, times a factor; its outputs have the mean 0."""
    weight = centred(norm, factor * plain(layer.weight), axis=0)
    bias = centred(norm, bias_of(layer), axis=0)
    return affine(weight, bias)


def affine(weight: np.ndarray, bias: np.ndarray) -> Affine:
    """The map of ``weight (O, D)``, without a bias where that is 0."""
    return Affine(np.ascontiguousarray(weight.T), bias if bias.any() else None)


def centred(norm: Module, x: np.ndarray, axis: int = -1) -> np.ndarray:
    """``x`` without its mean, where the norms that read it do not ask for it."""
    return x - x.mean(axis=axis, keepdims=True) if isinstance(norm, LayerNorm) else x


def thought_of(norm: Module, layer: Module) -> Thought:
    """The feed-forward network of a block.

    Raises:
        TypeError: it is neither of the two that a GPT has.
    """
    if isinstance(layer, SwiGLU):
        both = reading(norm, layer.gate, layer.inner)
        return Gated(halved(both, both.turned.shape[1] // 2), writing(norm, layer.outer))
    if isinstance(layer, FeedForward):
        return Gelu(reading(norm, layer.inner), writing(norm, layer.outer, 0.5))
    raise TypeError(f"a lean GPT has FeedForward or SwiGLU, got {type(layer).__name__}")


def halved(part: Affine, n: int, factor: float = 0.5) -> Affine:
    """The map with its first ``n`` outputs times a factor."""
    factors = np.ones(part.turned.shape[1], part.turned.dtype)
    factors[:n] = factor
    return Affine(part.turned * factors, None if part.bias is None else part.bias * factors)


def bias_of(layer: Linear | Embedding) -> np.ndarray:
    """A linear layer's bias, zeros where it has none."""
    bias = getattr(layer, "bias", None)
    if bias is not None:
        return plain(bias)
    return np.zeros(layer.weight.shape[0], plain(layer.weight).dtype)


def plain(parameter: object) -> np.ndarray:
    """A parameter's numbers, at least in float32.

    Raises:
        TypeError: they are on a device.
    """
    x = getattr(parameter, "data", None)
    if not isinstance(x, np.ndarray):
        raise TypeError("a lean GPT needs a model on the host: model.to_device('cpu')")
    return x.astype(np.result_type(x.dtype, np.float32), copy=False)
