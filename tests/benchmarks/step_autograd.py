"""The step with HIPS autograd: NumPy code as it is, differentiated.

GELU is its tanh form, by far the cheaper one here: compare with ``step_minillm_tanh``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import autograd.numpy as np
from autograd import value_and_grad

from tests.benchmarks import problem
from tests.benchmarks.sizes import ADAMW, DECAY, Size

Weights = dict[str, np.ndarray]
HIDDEN = np.float32(-1e9)


def prepared(size: dict[str, int], threads: int = 1) -> Callable[[], float]:
    """A function that makes one training step and gives the loss before it."""
    size = Size(**size)
    weights = problem.weights(size)
    optimizer = problem.NumPyAdamW(**ADAMW, decay=DECAY, shapes=[w.shape for w in weights.values()])
    ids, targets = problem.batch(size)
    outside = np.where(problem.causal(size), np.float32(0.0), HIDDEN)

    def loss_of(w: Weights) -> np.ndarray:
        flat = logits(w, ids, outside, size).reshape(size.tokens, size.vocabulary)
        shifted = flat - np.max(flat, axis=-1, keepdims=True)
        log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
        return -np.sum(log_p[np.arange(size.tokens), targets.ravel()]) * (1.0 / size.tokens)

    differentiated = value_and_grad(loss_of)

    def step() -> float:
        loss, gradients = differentiated(weights)
        optimizer.step(list(weights.values()), [gradients[name] for name in weights])
        return float(loss)

    return step


def logits(w: Weights, ids: np.ndarray, outside: np.ndarray, size: Size) -> np.ndarray:
    """The model."""
    x = w["tokens.weight"][ids] + w["positions.weight"]
    for i in range(size.n_layers):
        name = f"blocks.{i}"
        y = norm(w, f"{name}.attention_norm", x)
        x = x + attention(w, f"{name}.attention", y, outside, size)
        y = linear(w, f"{name}.feed_forward.inner", norm(w, f"{name}.feed_forward_norm", x))
        x = x + linear(w, f"{name}.feed_forward.outer", gelu(y))
    return linear(w, "head", norm(w, "norm", x))


def linear(w: Weights, name: str, x: np.ndarray) -> np.ndarray:
    """Flattened, as a product with one matrix should be."""
    weight = w[f"{name}.weight"]
    flat = np.reshape(x, (-1, weight.shape[1])) @ weight.T + w[f"{name}.bias"]
    return np.reshape(flat, (*x.shape[:-1], weight.shape[0]))


def norm(w: Weights, name: str, x: np.ndarray) -> np.ndarray:
    centred = x - np.mean(x, axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]


def gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))


def attention(w: Weights, name: str, x: np.ndarray, outside: np.ndarray, size: Size) -> np.ndarray:
    """Causal multi-head attention."""
    heads = (size.batch, size.length, size.n_heads, size.width // size.n_heads)
    q, k, v = (
        np.transpose(np.reshape(linear(w, f"{name}.{part}", x), heads), (0, 2, 1, 3))
        for part in ("query", "key", "value")
    )
    scores = q @ np.swapaxes(k, -1, -2) * heads[-1] ** -0.5 + outside
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    mixed = weights / np.sum(weights, axis=-1, keepdims=True) @ v
    return linear(w, f"{name}.output", np.reshape(np.transpose(mixed, (0, 2, 1, 3)), x.shape))
