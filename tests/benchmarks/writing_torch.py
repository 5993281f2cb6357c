"""Writing a text with PyTorch: ``inference_mode``, fused attention, a cache kept in place."""

from __future__ import annotations

from collections.abc import Callable

import torch

F = torch.nn.functional


def prepared(size: dict[str, int], weights: dict) -> Callable[[], list[int]]:
    """A function that writes a text as long as the model reads and gives its tokens."""
    torch.set_num_threads(1)
    w = {name: torch.tensor(array) for name, array in weights.items()}
    layers, heads, width = size["n_layers"], size["n_heads"], size["width"]
    length, names = size["max_length"], ("query", "key", "value")
    for i in range(layers):
        for kind in ("weight", "bias"):
            parts = [w[f"blocks.{i}.attention.{part}.{kind}"] for part in names]
            w[f"blocks.{i}.asked.{kind}"] = torch.cat(parts)
    keys = torch.empty(layers, heads, length, width // heads)
    values = torch.empty_like(keys)

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, (width,), w[f"{name}.weight"], w[f"{name}.bias"])

    def next_token(token: int, place: int) -> int:
        x = w["tokens.weight"][token] + w["positions.weight"][place]
        x = x[None]
        for i in range(layers):
            asked = linear(f"blocks.{i}.asked", norm(f"blocks.{i}.attention_norm", x))
            q, k, v = asked.view(3, heads, 1, width // heads)
            keys[i, :, place], values[i, :, place] = k[:, 0], v[:, 0]
            stop = place + 1
            y = F.scaled_dot_product_attention(q, keys[i, :, :stop], values[i, :, :stop])
            x = x + linear(f"blocks.{i}.attention.output", y.view(1, width))
            z = linear(f"blocks.{i}.feed_forward.inner", norm(f"blocks.{i}.feed_forward_norm", x))
            x = x + linear(f"blocks.{i}.feed_forward.outer", F.gelu(z, approximate="tanh"))
        return int(F.linear(norm("norm", x), w["tokens.weight"])[0].argmax())

    @torch.inference_mode()
    def write() -> list[int]:
        tokens = [1]
        for place in range(length):
            tokens.append(next_token(tokens[-1], place))
        return tokens[1:]

    return write
