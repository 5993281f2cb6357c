"""PyTorch's side of multi-head attention and of the Transformer's layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import case, normal

B, T, S, D, H, HIDDEN = 2, 3, 5, 4, 2, 7
ENCODER = {
    "self_attn": "attention",
    "out_proj": "output",
    "norm1": "attention_norm",
    "linear1": "feed_forward.inner",
    "linear2": "feed_forward.outer",
    "norm2": "feed_forward_norm",
}
DECODER = ENCODER | {
    "multihead_attn": "cross_attention",
    "norm2": "cross_attention_norm",
    "norm3": "feed_forward_norm",
}
PRESENT = np.array([[True, True, True], [True, True, False]])  # (B, T)
READABLE = np.array([[True] * S, [True, False, True, True, False]])  # (B, S)
CAUSAL = np.tril(np.ones((T, T), dtype=bool))


def cases() -> list[Case]:
    """Self- and cross-attention; layers that normalise after and before."""
    encoder, decoder = torch.nn.TransformerEncoderLayer, torch.nn.TransformerDecoderLayer
    attention = torch.nn.MultiheadAttention(D, H, batch_first=True)
    x, memory = normal(B, T, D), normal(B, S, D)
    padding = {"mask": PRESENT[:, None, None, :]}
    reading = {"memory_mask": READABLE[:, None, None, :]}
    return [
        module_case("MultiHeadAttention", attention, self_attention, [x]),
        module_case("MultiHeadAttention", attention, cross_attention, [x, memory]),
        module_case("EncoderBlock", layer(encoder), padded, [x], **padding),
        module_case("PreNormEncoderBlock", layer(encoder, True), causal, [x], mask=CAUSAL),
        module_case("DecoderBlock", layer(decoder), decoding, [x, memory], **reading),
        module_case("PreNormDecoderBlock", layer(decoder, True), decoding, [x, memory], **reading),
    ]


def layer(kind: type[torch.nn.Module], norm_first: bool = False) -> torch.nn.Module:
    """One of PyTorch's Transformer layers, without dropout."""
    options = {"dropout": 0.0, "activation": "gelu", "batch_first": True}
    return kind(D, H, HIDDEN, norm_first=norm_first, **options)


def self_attention(call: Callable[..., Any], x: torch.Tensor) -> torch.Tensor:
    return call(x, x, x, need_weights=False)[0]


def cross_attention(
    call: Callable[..., Any], x: torch.Tensor, memory: torch.Tensor
) -> torch.Tensor:
    return call(x, memory, memory, need_weights=False)[0]


def padded(call: Callable[..., torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Here PyTorch's masks say True = hidden."""
    return call(x, src_key_padding_mask=torch.tensor(~PRESENT))


def causal(call: Callable[..., torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    return call(x, src_mask=torch.tensor(~CAUSAL))


def decoding(
    call: Callable[..., torch.Tensor], x: torch.Tensor, memory: torch.Tensor
) -> torch.Tensor:
    masks = {"tgt_mask": ~CAUSAL, "memory_key_padding_mask": ~READABLE}
    return call(x, memory, **{name: torch.tensor(mask) for name, mask in masks.items()})


def module_case(
    name: str,
    module: torch.nn.Module,
    run: Callable[..., torch.Tensor],
    inputs: list[np.ndarray],
    **forward: np.ndarray,
) -> Case:
    """A module with random weights, which are operands under our names, behind its inputs."""
    parts = {theirs: our_names(theirs, name) for theirs, _ in module.named_parameters()}
    state = {}
    for theirs, weight in module.named_parameters():
        for ours in parts[theirs]:
            rows = weight.shape[0] // len(parts[theirs])
            state[ours] = normal(rows, *weight.shape[1:]) * np.float32(0.5)

    def output(*operands: torch.Tensor) -> torch.Tensor:
        weights = dict(zip(state, operands[len(inputs) :], strict=True))
        joined = {theirs: torch.cat([weights[o] for o in ours]) for theirs, ours in parts.items()}

        def call(*given: torch.Tensor, **options: Any) -> Any:
            return torch.func.functional_call(module, joined, given, options)

        return run(call, *operands[: len(inputs)])

    found = case(name, output, *inputs, *state.values())
    sizes = {"width": D, "n_heads": H} | ({} if "Block" not in name else {"hidden": HIDDEN})
    return replace(found, settings={"sizes": sizes, "names": list(state), "forward": forward})


def our_names(theirs: str, module: str) -> list[str]:
    """Our names of what PyTorch calls ``theirs``; it keeps query, key and value in one matrix."""
    ours = DECODER if "Decoder" in module else ENCODER
    *path, last = theirs.split(".")
    path = [ours.get(part, part) for part in path]
    if not last.startswith("in_proj_"):
        return [".".join([*path, last])]
    kind = last.removeprefix("in_proj_")
    return [".".join([*path, part, kind]) for part in ("query", "key", "value")]
