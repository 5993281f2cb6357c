"""PyTorch's side of the ops that could be written with others, and are one for being used often."""

from __future__ import annotations

import numpy as np
import torch

from tests.reference.stored import Case
from tests.reference.torch_cases import F, case, normal, numbers


def cases() -> list[Case]:
    """Each of these ops, with every setting that it has."""
    return [*products(), *functions(), *statistics()]


def products() -> list[Case]:
    """Sums of products; a vector may be shorter than eps, and one may be all 0."""
    a, b = normal(3, 4), normal(3, 4)
    a[1] *= np.float32(0.01)
    b[2] = 0.0
    return [
        case("einsum", einsum, normal(2, 3, 4), normal(4, 5), subscripts="bij,jk->kb"),
        case("einsum", einsum, normal(2, 3), normal(3, 4), normal(4), subscripts="ij,jk,k->i"),
        case("einsum", einsum, normal(2, 3, 4), subscripts="abc->c"),
        case("einsum", einsum, normal(3), normal(2), subscripts="j,i"),
        case("cosine_similarity", cosine_similarity, normal(2, 3, 4), normal(3, 4), axis=-1),
        case("cosine_similarity", cosine_similarity, normal(3, 4), normal(3, 1), axis=0),
        case("cosine_similarity", written_out, a, b, eps=0.25),
    ]


def functions() -> list[Case]:
    """Functions of one element, where PyTorch's softplus is not yet x itself."""
    x = numbers(-90.0, -30.0, -2.5, -0.7, -1e-3, 0.0, 0.4, 1.0, 3.0, 30.0, 80.0)
    return [
        case("softplus", lambda x: F.softplus(x, threshold=100.0), x),
        case("log_sigmoid", F.logsigmoid, x),
    ]


def statistics() -> list[Case]:
    """One slice is all alike; no sequence is all padding, which would be 0 / 0 there."""
    partly_alike = numbers([2.0, 2.0, 2.0], [1.0, -3.0, 0.5])
    mask = np.array([[True, True, False], [False, True, False]])
    return [
        case("std", torch.std, normal(2, 3, 4), axis=(0, 2), correction=0.0),
        case("std", torch.std, 10.0 + normal(2, 5), axis=-1, correction=1.0, keepdims=True),
        case("std", lambda x: x.std(correction=0), normal(3, 4)),
        case("std", torch.std, partly_alike, axis=1, correction=0.0),
        case("masked_mean", masked_mean, normal(2, 3, 4), mask=mask),
        case("masked_mean", masked_mean, normal(3, 2), mask=np.array([True, False, True])),
    ]


def einsum(*operands: torch.Tensor, subscripts: str) -> torch.Tensor:
    """PyTorch takes the letters first."""
    return torch.einsum(subscripts, *operands)


def cosine_similarity(a: torch.Tensor, b: torch.Tensor, axis: int) -> torch.Tensor:
    return F.cosine_similarity(a, b, dim=axis)


def written_out(a: torch.Tensor, b: torch.Tensor, eps: float) -> torch.Tensor:
    """PyTorch's function has this value, but not this gradient where a length is below eps.

    There it divides by eps, and yet differentiates as if it had divided by the length.
    """
    lengths = [x.norm(dim=-1, keepdim=True).clamp_min(eps) for x in (a, b)]
    cosine = (a / lengths[0] * (b / lengths[1])).sum(-1)
    torch.testing.assert_close(cosine, F.cosine_similarity(a, b, dim=-1, eps=eps))
    return cosine


def masked_mean(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (x * mask[..., None]).sum(-2) / mask.sum(-1, keepdim=True)
