"""The weights and the batch that every implementation starts from.

Names and shapes are ours: ``weight (out, in)``, ``blocks.0.attention.query.weight``.
"""

from __future__ import annotations

import numpy as np

from tests.benchmarks.sizes import OpCase, Rare, Size

LINEARS = {
    "attention.query": ("width", "width"),
    "attention.key": ("width", "width"),
    "attention.value": ("width", "width"),
    "attention.output": ("width", "width"),
    "feed_forward.inner": ("hidden", "width"),
    "feed_forward.outer": ("width", "hidden"),
}


def weights(size: Size) -> dict[str, np.ndarray]:
    """Normal numbers of standard deviation 0.02 as matrices; gains 1, biases 0."""
    rng = np.random.default_rng(7)
    found: dict[str, np.ndarray] = {}

    def matrix(name: str, rows: int, columns: int) -> None:
        drawn = rng.standard_normal((rows, columns), dtype=np.float32)
        found[f"{name}.weight"] = drawn * np.float32(0.02)

    def affine(name: str, rows: int, columns: int) -> None:
        matrix(name, rows, columns)
        found[f"{name}.bias"] = np.zeros(rows, np.float32)

    def norm(name: str) -> None:
        found[f"{name}.weight"] = np.ones(size.width, np.float32)
        found[f"{name}.bias"] = np.zeros(size.width, np.float32)

    matrix("tokens", size.vocabulary, size.width)
    matrix("positions", size.length, size.width)
    for i in range(size.n_layers):
        for name, (rows, columns) in LINEARS.items():
            affine(f"blocks.{i}.{name}", getattr(size, rows), getattr(size, columns))
        norm(f"blocks.{i}.attention_norm")
        norm(f"blocks.{i}.feed_forward_norm")
    norm("norm")
    affine("head", size.vocabulary, size.width)
    return found


def batch(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Ids and the next ids, both (B, T)."""
    rng = np.random.default_rng(8)
    text = rng.integers(size.vocabulary, size=(size.batch, size.length + 1))
    return text[:, :-1].copy(), text[:, 1:].copy()


def causal(size: Size) -> np.ndarray:
    """(T, T), True where a position may look: at itself and to its left."""
    return np.tril(np.ones((size.length, size.length), dtype=bool))


def sentences(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Normal numbers (B, T, D) and a mask (B, T), True for words: sentences of all lengths."""
    rng = np.random.default_rng(9)
    x = rng.standard_normal((size.batch, size.length, size.width), dtype=np.float32)
    lengths = np.linspace(size.length // 4, size.length, size.batch).astype(int)
    return x, np.arange(size.length) < lengths[:, None]


def operands(case: OpCase) -> list[np.ndarray]:
    """Normal numbers of a case's shapes."""
    rng = np.random.default_rng(10)
    return [rng.standard_normal(shape, dtype=np.float32) for shape in case.operands]


def integers(n: int, below: int) -> np.ndarray:
    """Targets or ids."""
    return np.random.default_rng(11).integers(below, size=n)


def attention_mask(kind: str, heads: list[int]) -> np.ndarray:
    """``causal`` (T, T), or ``padding`` (B, 1, 1, T)."""
    batch, _, length, _ = heads
    if kind == "causal":
        return np.tril(np.ones((length, length), dtype=bool))
    return (np.arange(length) < integers(batch, length)[:, None] + 1)[:, None, None, :]


def rare_rows(rare: Rare) -> tuple[np.ndarray, list[np.ndarray]]:
    """A table, and the ids of its first step (every row) and of all later ones (few rows)."""
    rng = np.random.default_rng(12)
    table = rng.standard_normal((rare.rows, rare.width), dtype=np.float32)
    later = rng.integers(round(rare.rows * rare.share), size=rare.tokens)
    return table, [np.arange(rare.rows), later]


class NumPyAdamW:
    """AdamW for the libraries that have none: in place, over lists of arrays."""

    def __init__(
        self, lr: float, betas: tuple[float, float], eps: float, decay: float, shapes: list
    ):
        self.lr, self.betas, self.eps, self.decay, self.steps = lr, betas, eps, decay, 0
        self.m = [np.zeros(shape, np.float32) for shape in shapes]
        self.v = [np.zeros(shape, np.float32) for shape in shapes]

    def step(self, parameters: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Change ``parameters``."""
        self.steps += 1
        b1, b2 = self.betas
        rate = self.lr / (1.0 - b1**self.steps)
        root = (1.0 - b2**self.steps) ** -0.5
        for p, g, m, v in zip(parameters, gradients, self.m, self.v, strict=True):
            m *= b1
            m += (1.0 - b1) * g
            v *= b2
            v += (1.0 - b2) * g * g
            p *= 1.0 - self.lr * self.decay
            p -= rate * m / (np.sqrt(v) * root + self.eps)
