"""Inference with PyTorch: ``inference_mode`` and fused attention."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tests.benchmarks import problem
from tests.benchmarks.sizes import Size
from tests.benchmarks.step_torch import linear, norm

F = torch.nn.functional


def prepared(size: dict[str, int]) -> Callable[[], float]:
    """A function that runs the blocks and gives the mean size of the first positions' numbers."""
    size = Size(**size)
    torch.set_num_threads(1)
    w = {name: torch.tensor(array) for name, array in problem.weights(size).items()}
    x, words = (torch.tensor(array) for array in problem.sentences(size))
    mask = words[:, None, None, :]
    heads = (size.batch, size.length, size.n_heads, size.width // size.n_heads)

    def attention(name: str, y: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            linear(w, f"{name}.{part}", y).view(heads).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return linear(w, f"{name}.output", mixed.transpose(1, 2).reshape(y.shape))

    @torch.inference_mode()
    def step() -> float:
        y = x
        for i in range(size.n_layers):
            name = f"blocks.{i}"
            y = norm(w, f"{name}.attention_norm", y + attention(f"{name}.attention", y))
            z = F.gelu(linear(w, f"{name}.feed_forward.inner", y))
            z = linear(w, f"{name}.feed_forward.outer", z)
            y = norm(w, f"{name}.feed_forward_norm", y + z)
        return float(y[:, 0].abs().mean())

    return step
