"""The training step of ``bench`` as torch makes it on a device, line by line as it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minillm.commands.bench_steps import ADAMW, LanguageModel, Size, random_batch

if TYPE_CHECKING:
    import torch

Weights = dict[str, "torch.Tensor"]


def step_of_torch(size: Size, half: bool, device: str = "cuda") -> Callable[[], float]:
    """A function that makes one training step and gives the loss before it.

    It begins with the same weights and has the same batch.  ``half``: matrix products and
    attention in float16 where torch finds that safe, with its scaling of the loss.

    Raises:
        ImportError: torch is not there.
    """
    import torch

    state = LanguageModel(size).state_dict()
    weights = {n: torch.tensor(w, device=device, requires_grad=True) for n, w in state.items()}
    optimizer = torch.optim.AdamW(weights.values(), fused=device == "cuda", **ADAMW)
    ids, targets = (torch.tensor(array, device=device) for array in random_batch(size))
    scaler = torch.amp.GradScaler(device, enabled=half)

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, dtype=torch.float16, enabled=half):
            scores = logits(torch.nn.functional, weights, ids, size)
            loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.item()

    return step


def logits(F: Any, w: Weights, ids: torch.Tensor, size: Size) -> torch.Tensor:
    """The model; ``F`` is torch's functions."""

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])

    heads = (size.batch, size.length, size.n_heads, size.width // size.n_heads)
    x = F.embedding(ids, w["tokens.weight"]) + w["positions.weight"]
    for i in range(size.n_layers):
        block = f"blocks.{i}"
        y = norm(f"{block}.attention_norm", x)
        q, k, v = (
            linear(f"{block}.attention.{part}", y).view(heads).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(f"{block}.attention.output", mixed.transpose(1, 2).reshape(x.shape))
        y = F.gelu(linear(f"{block}.feed_forward.inner", norm(f"{block}.feed_forward_norm", x)))
        x = x + linear(f"{block}.feed_forward.outer", y)
    return linear("head", norm("norm", x))
