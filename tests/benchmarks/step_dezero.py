"""The step with DeZero: LayerNorm and GELU composed of its functions, as a user would.

What cannot be composed is written here as functions of its kind: the batched matrix product,
and the way back to float32 behind DeZero's cross-entropy, whose gradient is float64 under
NumPy 2 and would slow down all that follows.  GELU is its tanh form, as in ``step_autograd``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tests.benchmarks import problem
from tests.benchmarks.sizes import ADAMW, DECAY, Size

np.int = int  # DeZero was written for NumPy 1, which had this name
import dezero  # noqa: E402
import dezero.functions as F  # noqa: E402
from dezero import Function, Variable  # noqa: E402

Weights = dict[str, Variable]


class BatchedMatMul(Function):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a @ b

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        a, b = (x.data for x in self.inputs)
        g = gy.data
        return Variable(g @ b.swapaxes(-1, -2)), Variable(a.swapaxes(-1, -2) @ g)


class Float32Gradient(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return x

    def backward(self, gy: Variable) -> Variable:
        return Variable(gy.data.astype(np.float32))


def prepared(size: dict[str, int], threads: int = 1) -> Callable[[], float]:
    """A function that makes one training step and gives the loss before it."""
    size = Size(**size)
    weights = {name: dezero.Parameter(w) for name, w in problem.weights(size).items()}
    optimizer = problem.NumPyAdamW(**ADAMW, decay=DECAY, shapes=[w.shape for w in weights.values()])
    ids, targets = problem.batch(size)
    outside = np.where(problem.causal(size), np.float32(0.0), np.float32(-1e9))

    def step() -> float:
        for weight in weights.values():
            weight.cleargrad()
        flat = Float32Gradient()(logits(weights, ids, outside, size))
        loss = F.softmax_cross_entropy(flat, targets.ravel())
        loss.backward()
        gradients = [weight.grad.data for weight in weights.values()]
        optimizer.step([weight.data for weight in weights.values()], gradients)
        return float(loss.data)

    return step


def logits(w: Weights, ids: np.ndarray, outside: np.ndarray, size: Size) -> Variable:
    """The model, (tokens, V)."""
    x = F.embed_id(ids, w["tokens.weight"]) + F.broadcast_to(
        w["positions.weight"], (size.batch, size.length, size.width)
    )
    for i in range(size.n_layers):
        name = f"blocks.{i}"
        y = norm(w, f"{name}.attention_norm", x)
        x = x + attention(w, f"{name}.attention", y, outside, size)
        y = linear(w, f"{name}.feed_forward.inner", norm(w, f"{name}.feed_forward_norm", x))
        x = x + linear(w, f"{name}.feed_forward.outer", gelu(y))
    return F.reshape(linear(w, "head", norm(w, "norm", x)), (size.tokens, size.vocabulary))


def linear(w: Weights, name: str, x: Variable) -> Variable:
    weight = w[f"{name}.weight"]
    flat = F.reshape(x, (x.size // weight.shape[1], weight.shape[1]))
    y = F.linear(flat, F.transpose(weight), w[f"{name}.bias"])
    return F.reshape(y, (*x.shape[:-1], weight.shape[0]))


def norm(w: Weights, name: str, x: Variable) -> Variable:
    share = np.float32(1.0 / x.shape[-1])
    centred = x - stretched(F.sum(x, axis=-1, keepdims=True) * share, x)
    variance = F.sum(centred * centred, axis=-1, keepdims=True) * share
    z = centred / stretched((variance + np.float32(1e-5)) ** 0.5, x)
    return z * w[f"{name}.weight"] + w[f"{name}.bias"]


def stretched(x: Variable, like: Variable) -> Variable:
    return F.broadcast_to(x, like.shape)


def gelu(x: Variable) -> Variable:
    inner = (x + x * x * x * np.float32(0.044715)) * np.float32(math.sqrt(2.0 / math.pi))
    return x * (F.tanh(inner) + np.float32(1.0)) * np.float32(0.5)


def attention(w: Weights, name: str, x: Variable, outside: np.ndarray, size: Size) -> Variable:
    """Causal multi-head attention."""
    heads = (size.batch, size.length, size.n_heads, size.width // size.n_heads)
    q, k, v = (
        F.transpose(F.reshape(linear(w, f"{name}.{part}", x), heads), (0, 2, 1, 3))
        for part in ("query", "key", "value")
    )
    scores = BatchedMatMul()(q, F.transpose(k, (0, 1, 3, 2))) * np.float32(heads[-1] ** -0.5)
    weights = F.softmax(scores + np.broadcast_to(outside, scores.shape), axis=-1)
    mixed = F.transpose(BatchedMatMul()(weights, v), (0, 2, 1, 3))
    return linear(w, f"{name}.output", F.reshape(mixed, x.shape))
