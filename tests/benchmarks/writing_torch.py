"""Writing with PyTorch: a cache that is there from the beginning, queries, keys, values in one."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tests.benchmarks import problem
from tests.benchmarks.sizes import Size
from tests.benchmarks.step_torch import Weights, linear, norm

F = torch.nn.functional
PARTS = ("query", "key", "value")


def prepared(size: dict[str, int], reader: str) -> Callable[[], float]:
    """A function that reads every token by itself and gives the mean of the largest logits."""
    size = Size(**size)
    torch.set_num_threads(1)
    w = {name: torch.tensor(array) for name, array in problem.weights(size).items()}
    for i in range(size.n_layers):
        name = f"blocks.{i}.attention"
        for kind in ("weight", "bias"):
            w[f"{name}.asked.{kind}"] = torch.cat([w[f"{name}.{part}.{kind}"] for part in PARTS])
    ids = torch.tensor(problem.batch(size)[0])
    shape = (size.n_layers, 2, size.batch, size.n_heads, size.length, size.width // size.n_heads)

    @torch.inference_mode()
    def step() -> float:
        cache, largest = torch.empty(shape), []
        for t in range(size.length):
            first = t if reader == "cached" else 0
            largest.append(logits(w, ids[:, first : t + 1], first, cache, size).amax(dim=-1))
        return float(torch.stack(largest).mean())

    return step


def logits(
    w: Weights, ids: torch.Tensor, first: int, cache: torch.Tensor, size: Size
) -> torch.Tensor:
    """Behind the last of ``ids (B, T)``, which begin at position ``first``: (B, V)."""
    stop = first + ids.shape[1]
    x = F.embedding(ids, w["tokens.weight"]) + w["positions.weight"][first:stop]
    for i in range(size.n_layers):
        name = f"blocks.{i}"
        x = x + attention(
            w, f"{name}.attention", norm(w, f"{name}.attention_norm", x), cache[i], first, size
        )
        y = linear(w, f"{name}.feed_forward.inner", norm(w, f"{name}.feed_forward_norm", x))
        x = x + linear(w, f"{name}.feed_forward.outer", F.gelu(y, approximate="tanh"))
    return linear(w, "head", norm(w, "norm", x[:, -1]))


def attention(
    w: Weights, name: str, x: torch.Tensor, cache: torch.Tensor, first: int, size: Size
) -> torch.Tensor:
    """New positions look at all before them, whose keys and values are in the cache."""
    batch, n, _ = x.shape
    stop = first + n
    heads = (batch, n, 3, size.n_heads, size.width // size.n_heads)
    q, k, v = linear(w, f"{name}.asked", x).view(heads).permute(2, 0, 3, 1, 4)
    cache[0, :, :, first:stop], cache[1, :, :, first:stop] = k, v
    mixed = F.scaled_dot_product_attention(
        q, cache[0, :, :, :stop], cache[1, :, :, :stop], is_causal=n > 1
    )
    return linear(w, f"{name}.output", mixed.transpose(1, 2).reshape(x.shape))
