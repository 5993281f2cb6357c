"""PyTorch's side of attention.  It gives NaN for a query without any key: none occurs here."""

from __future__ import annotations

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import RNG, F, case, normal

B, H, T, S, K, V = 1, 2, 3, 5, 2, 3
NAME = "scaled_dot_product_attention"


def cases() -> list[Case]:
    """Without a mask, with one of padding and with a causal one; a bias, with and without one."""
    padding = RNG.random((B, 1, T, S)) < 0.6
    padding[..., 0] = True
    causal = np.tril(np.ones((T, S), dtype=bool))
    found = [
        case(NAME, attention, *operands()),
        case(NAME, attention, *operands(), mask=padding),
        case(NAME, attention, *operands(), mask=causal),
    ]
    for settings in ({}, {"mask": causal}):
        bias = normal(H, T, S)
        found.append(case(NAME, biased_attention, *operands(), bias, **settings))
    return found


def operands() -> list[np.ndarray]:
    """Query, key and value."""
    return [normal(B, H, *shape) for shape in ((T, K), (S, K), (S, V))]


def attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """A boolean mask has our meaning there too: True may be attended."""
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)


def biased_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bias: torch.Tensor,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """There a floating-point mask is what we call a bias."""
    masked = bias if mask is None else bias.masked_fill(~mask, -torch.inf)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=masked)
