"""The step with PyTorch at its best: fused attention, exact GELU (its faster one), fused AdamW."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tests.benchmarks import problem
from tests.benchmarks.sizes import ADAMW, DECAY, Size

F = torch.nn.functional
Weights = dict[str, torch.Tensor]


def prepared(size: dict[str, int], threads: int = 1) -> Callable[[], float]:
    """A function that makes one training step and gives the loss before it."""
    size = Size(**size)
    torch.set_num_threads(threads)
    weights = {
        name: torch.tensor(w, requires_grad=True) for name, w in problem.weights(size).items()
    }
    optimizer = torch.optim.AdamW(weights.values(), **ADAMW, weight_decay=DECAY, fused=True)
    ids, targets = (torch.tensor(array) for array in problem.batch(size))

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(logits(weights, ids, size).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def logits(w: Weights, ids: torch.Tensor, size: Size) -> torch.Tensor:
    """The model."""
    x = F.embedding(ids, w["tokens.weight"]) + w["positions.weight"]
    for i in range(size.n_layers):
        name = f"blocks.{i}"
        x = x + attention(w, f"{name}.attention", norm(w, f"{name}.attention_norm", x), size)
        y = linear(w, f"{name}.feed_forward.inner", norm(w, f"{name}.feed_forward_norm", x))
        x = x + linear(w, f"{name}.feed_forward.outer", F.gelu(y))
    return linear(w, "head", norm(w, "norm", x))


def linear(w: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])


def norm(w: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])


def attention(w: Weights, name: str, x: torch.Tensor, size: Size) -> torch.Tensor:
    """Causal, with the heads as PyTorch's fused kernel wants them."""
    heads = (size.batch, size.length, size.n_heads, size.width // size.n_heads)
    q, k, v = (
        linear(w, f"{name}.{part}", x).view(heads).transpose(1, 2)
        for part in ("query", "key", "value")
    )
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return linear(w, f"{name}.output", mixed.transpose(1, 2).reshape(x.shape))
