"""What ``bench`` times first: one training step of a causal language model, at three sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minillm.autograd import Tensor, gradients_of
from minillm.backend import Array, stream
from minillm.nn import (
    Embedding,
    LayerNorm,
    LearnedPositions,
    Linear,
    Module,
    PreNormEncoderBlock,
    causal_mask,
)
from minillm.ops import cross_entropy, gelu
from minillm.optim import AdamW
from minillm.training import ShardedGradients

ADAMW = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}


@dataclass(frozen=True)
class Size:
    """Sizes of model and batch, and how many steps make one measurement."""

    batch: int
    length: int
    width: int
    n_heads: int
    n_layers: int
    vocabulary: int
    steps: int

    @property
    def tokens(self) -> int:
        """Tokens in a step."""
        return self.batch * self.length


SIZES = {
    "tiny": Size(32, 32, 64, 4, 2, 100, steps=20),
    "course": Size(32, 64, 128, 4, 4, 1000, steps=3),
    "mid": Size(16, 128, 256, 8, 6, 5000, steps=1),
}


class LanguageModel(Module):
    """A decoder-only language model with a head of its own, and no dropout."""

    def __init__(self, size: Size, activation: Callable[[Tensor], Tensor] = gelu):
        rng = stream(0, "bench: weights")
        self.tokens = Embedding(size.vocabulary, size.width, rng=rng)
        self.positions = LearnedPositions(size.length, size.width, rng=rng)
        self.blocks = [
            PreNormEncoderBlock(
                size.width, size.n_heads, 4 * size.width, rng=rng, activation=activation
            )
            for _ in range(size.n_layers)
        ]
        self.norm = LayerNorm(size.width)
        self.head = Linear(size.width, size.vocabulary, rng=rng)
        self.mask = causal_mask(size.length)

    def loss(self, batch: tuple[Array, Array]) -> Tensor:
        """Mean cross-entropy of the next token; ``batch`` is ids and the ids after them."""
        ids, targets = batch
        x = self.positions(self.tokens(ids))
        for block in self.blocks:
            x = block(x, mask=self.mask)
        return cross_entropy(self.head(self.norm(x)), targets=targets)


def random_batch(size: Size) -> tuple[Array, Array]:
    """Ids and the ids after them, both ``(B, T)``."""
    rng = stream(0, "bench: batch")
    text = rng.integers(size.vocabulary, size=(size.batch, size.length + 1))
    return text[:, :-1].copy(), text[:, 1:].copy()


def training_step(
    model: LanguageModel, batch: tuple[Array, Array], *, threads: int = 1
) -> Callable[[], float]:
    """A function that makes one training step and gives the loss before it.

    Several ``threads`` share the rows of the batch, where that is worth while.
    """
    optimizer = AdamW(model.parameters(), **ADAMW)  # type: ignore[arg-type]
    shares = ShardedGradients(threads, lambda part: part[1].size) if threads > 1 else None

    def step() -> float:
        if shares is None:
            loss = model.loss(batch)
            optimizer.step(gradients_of(loss, optimizer.parameters))
            return loss.item()
        counts = [batch[1].size]
        value, gradients = shares(model.loss, [batch], optimizer.parameters, counts=counts)
        optimizer.step(gradients)
        return float(value)

    return step
