"""PyTorch's side of attention's settings: a scale, biases and heads that are shared, dropout."""

from __future__ import annotations

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_attention import NAME
from tests.reference.torch_cases import RNG, F, case, normal, numbers

B, KV_HEADS, GROUP, T, S, K, V = 2, 2, 3, 3, 4, 2, 3


def cases() -> list[Case]:
    """The scale alone and beside a bias; heads in groups; a bias for all heads; dropout."""
    causal = np.tril(np.ones((T, S), dtype=bool))
    keep = np.where(RNG.random((B, KV_HEADS, T, S)) < 0.75, 4.0 / 3.0, 0.0).astype(np.float32)
    heads = (B, KV_HEADS)
    groups = [normal(*heads, GROUP, T, K), normal(*heads, 1, S, K), normal(*heads, 1, S, V)]
    return [
        case(NAME, attention, *operands(*heads), scale=0.25),
        case(NAME, attention, *operands(), scale=3.0, mask=causal),
        case(NAME, attention, *operands(*heads), normal(1, KV_HEADS, T, S), scale=1.0),
        case(NAME, attention, *operands(*heads), normal(T, S), mask=causal),
        case(NAME, attention, *operands(*heads), normal(KV_HEADS, 1, S)),
        case(NAME, grouped, *groups),
        case(NAME, grouped, *groups, mask=causal, scale=0.5),
        case(NAME, with_dropout, *operands(*heads), keep=keep, mask=causal),
        case(NAME, attention, *operands(), numbers([2.0, -3.0, 0.0, 1.0]), scale=2.0),
    ]


def operands(*leading: int) -> list[np.ndarray]:
    """Query, key and value."""
    return [normal(*leading, *shape) for shape in ((T, K), (S, K), (S, V))]


def attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bias: torch.Tensor | None = None,
    mask: torch.Tensor | None = None,
    scale: float | None = None,
) -> torch.Tensor:
    """There one argument is the mask or the bias; both are a bias of -inf where nothing is seen."""
    both = mask if bias is None else bias
    if bias is not None and mask is not None:
        both = bias.masked_fill(~mask, -torch.inf)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=both, scale=scale)


def grouped(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    scale: float | None = None,
) -> torch.Tensor:
    """PyTorch counts the heads of all groups in one axis; ours is (B, key's heads, group, T, K)."""
    heads = query.flatten(1, 2), key.flatten(1, 2), value.flatten(1, 2)
    together = F.scaled_dot_product_attention(*heads, attn_mask=mask, scale=scale, enable_gqa=True)
    return together.unflatten(1, query.shape[1:3])


def with_dropout(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    keep: torch.Tensor,
    mask: torch.Tensor,
) -> torch.Tensor:
    """Written out, since PyTorch draws the factors itself."""
    scores = query @ key.mT * query.shape[-1] ** -0.5
    return (scores.masked_fill(~mask, -torch.inf).softmax(-1) * keep) @ value
