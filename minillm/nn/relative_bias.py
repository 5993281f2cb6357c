"""Positions as a learned number for each distance, far distances sharing one.

Letters: H heads, T queries, S keys, K head width, N buckets.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import moved_like
from minillm.nn.initialization import check_integers, normal
from minillm.nn.masks import check_last
from minillm.nn.module import Module
from minillm.ops import embedding, transpose


class RelativeBias(Module):
    """What each score gains by distance, learned, one number for each head and bucket::

        head_h = softmax(c q kᵀ + w[bucket(j - i), h]) v

    Shapes: ``q (..., H, T, K), k (..., H, S, K) -> (H, T, S)``; T queries, the last of S positions;
    ``weight (N, H)``, normal with standard deviation 0.02.

    It has no length to run out of: what is ``furthest`` or farther away is one bucket.  The layers
    of a model share one: ``MultiHeadAttention(..., position_bias=shared)``.

    Raises:
        ValueError: no head; fewer than two buckets a direction; ``furthest`` within the near ones.
    Source: Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified
        Text-to-Text Transformer", section 2.1; the buckets are those of its released code.
    """

    def __init__(
        self,
        n_heads: int,
        *,
        rng: np.random.Generator,
        buckets: int = 32,
        furthest: int = 128,
        causal: bool = False,
    ):
        check_integers("RelativeBias", n_heads=n_heads)
        if n_heads < 1:
            raise ValueError(f"RelativeBias: n_heads must be at least 1, got {n_heads}")
        self.n_heads, self.furthest, self.causal = n_heads, furthest, causal
        relative_buckets(1, 1, buckets=buckets, furthest=furthest, causal=causal)  # checks them
        self.weight = Parameter(normal((buckets, n_heads), std=0.02, rng=rng))

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        """The bias of every head, query and key."""
        buckets = relative_buckets(
            q.shape[-2],
            k.shape[-2],
            buckets=self.weight.shape[0],
            furthest=self.furthest,
            causal=self.causal,
        )
        table = embedding(self.weight, ids=moved_like(buckets, self.weight.data))  # (T, S, H)
        return transpose(table, axes=(2, 0, 1))


def relative_buckets(
    queries: int, keys: int, *, buckets: int, furthest: int, causal: bool
) -> np.ndarray:
    """The bucket of every query and key: near distances each their own, far ones by logarithm::

        n = i - j;  e = N/2 distances are exact;  b(n) = n for n < e, else
        b(n) = min(N - 1, e + floor(log(n / e) / log(furthest / e) (N - e)))

    Shapes: ``(T, S)``; the queries are the last T of the S positions.  ``causal``: keys behind
    the query share its bucket 0.  Otherwise N is half of ``buckets`` for each direction, and the
    upper half is for keys behind the query.

    Raises:
        ValueError: more queries than keys; see ``RelativeBias``.
    """
    check_last(queries, keys)
    n_buckets = buckets if causal else buckets // 2
    exact = n_buckets // 2
    if exact < 1 or furthest <= exact or (buckets % 2 and not causal):
        raise ValueError(
            "RelativeBias: needs two buckets a direction and furthest beyond the exact ones, got "
            f"{buckets} buckets, {exact} exact, furthest {furthest}"
        )
    n = np.arange(keys - queries, keys)[:, None] - np.arange(keys)  # (T, S): how far back
    distance = np.maximum(n, 0) if causal else np.abs(n)
    growth = np.log(np.maximum(distance, exact) / exact) / np.log(furthest / exact)
    far = np.minimum(exact + (growth * (n_buckets - exact)).astype(np.int64), n_buckets - 1)
    bucket = np.where(distance < exact, distance, far)
    return bucket if causal else bucket + n_buckets * (n < 0)
