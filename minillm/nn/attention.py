"""Multi-head attention.

Letters: T queries, S keys, H heads, G heads of keys, D model width, K head width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import Array, array_module, moved_like
from minillm.nn.cache import KeyValueCache
from minillm.nn.dropout import Dropout
from minillm.nn.initialization import check_integers
from minillm.nn.linear import Linear
from minillm.nn.masks import causal_mask, check_last
from minillm.nn.module import Module
from minillm.ops import broadcast_to, scaled_dot_product_attention, swapaxes
from minillm.ops.attention import check_mask, probabilities


class MultiHeadAttention(Module):
    """Each head attends in its own K-dimensional subspace; the results are mixed::

        head_i = attention(x Wq_i, m Wk_i, m Wv_i),   y = [head_1; ...; head_H] Wo    m: memory

    Shapes: ``x (..., T, D), memory (..., S, D) -> (..., T, D)``; ``mask`` (boolean, True = may
    attend) is ``(T, S)`` or has the axes of the scores ``(..., H, T, S)``.  Self-attention when
    ``memory`` is omitted, cross-attention when it is the encoder's output.

    The heads split the *features*, not the sequence: every head sees every position.  With a
    ``cache``, the keys are those that it holds and behind them those of ``x``.  Where positions
    count, the queries are the last T of the S keys, and ``start`` is the position of the first
    key; with a cache that of the first key it holds, so that it is left out.

    Parts: ``rotary`` turns queries and keys, ``position_bias`` adds to the scores, ``causal`` hides
    what comes later (``mask`` can hide more, never less).  Sizes: K is ``head_width``, D / H unless
    given; with G = ``n_key_heads`` below H, H / G heads of queries share a head of keys and values.

    ``scale`` multiplies the products of queries and keys, 1/√K unless given; ``dropout`` falls on
    the weights.

    Raises:
        ValueError: ``n_heads`` does not divide ``width`` and no ``head_width`` is given;
            ``n_key_heads`` does not divide ``n_heads``; a number below 1.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2; Ainslie et al. 2023,
        "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints".
    Guide: 3.1, 4.1.2 (G14, G18).
    """

    def __init__(
        self,
        width: int,
        n_heads: int,
        *,
        rng: np.random.Generator,
        dropout: float = 0.0,
        bias: bool = True,
        n_key_heads: int | None = None,
        head_width: int | None = None,
        scale: float | None = None,
        causal: bool = False,
        rotary: Module | None = None,
        position_bias: Module | None = None,
    ):
        check_integers("MultiHeadAttention", width=width, n_heads=n_heads)
        if n_heads < 1 or width < 1 or (head_width is None and width % n_heads):
            raise ValueError(
                f"MultiHeadAttention: width {width} does not split into {n_heads} equal heads"
            )
        n_key_heads = n_heads if n_key_heads is None else n_key_heads
        check_integers("MultiHeadAttention", n_key_heads=n_key_heads)
        if n_key_heads < 1 or n_heads % n_key_heads:
            raise ValueError(
                f"MultiHeadAttention: {n_heads} heads cannot share {n_key_heads} heads of keys "
                "in equal parts"
            )
        head_width = width // n_heads if head_width is None else head_width
        asking, answering = n_heads * head_width, n_key_heads * head_width
        self.n_heads, self.sharing = n_heads, n_heads // n_key_heads  # H, and H / G
        self.query = Linear(width, asking, rng=rng, bias=bias)
        self.key = Linear(width, answering, rng=rng, bias=bias)
        self.value = Linear(width, answering, rng=rng, bias=bias)
        self.output = Linear(asking, width, rng=rng, bias=bias)
        self.dropout = Dropout(dropout, rng=rng)
        self.scale, self.causal = scale, causal
        self.rotary, self.position_bias = rotary, position_bias

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        mask: Array | None = None,
        start: int = 0,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Attend from ``x`` to ``memory`` (or to ``x``)."""
        check_memory(memory)
        k, v = self.keys_and_values(x, memory, start, cache)  # (..., G, S, K)
        q, all_k, bias, mask = self.scoring(x, k, mask, start)
        keep = self.dropout.keep_factors(scores_shape(q, all_k), like=q.data)
        heads = scaled_dot_product_attention(
            q, all_k, self.for_all_heads(v), bias, mask=mask, keep=keep, scale=self.scale
        )
        mixed = self.output(merge_heads(heads))
        if cache is not None and memory is None:
            cache.keep(k, v, id(self), start)  # not before: an error leaves the cache as it was
        elif cache is not None and memory is not None:
            cache.keep_memory(memory, k, v)
        return mixed

    @no_grad()
    def weights(
        self, x: Tensor, memory: Tensor | None = None, *, mask: Array | None = None, start: int = 0
    ) -> Array:
        """The attention weights (..., H, T, S), for looking at; nothing is recorded or dropped."""
        check_memory(memory)
        k, _ = self.keys_and_values(x, memory, start, None)
        q, k, bias, mask = self.scoring(x, k, mask, start)
        added = None if bias is None else bias.data
        return probabilities(q.data, k.data, added, mask=mask, scale=self.scale)

    def keys_and_values(
        self, x: Tensor, memory: Tensor | None, start: int, cache: KeyValueCache | None
    ) -> tuple[Tensor, Tensor]:
        """Keys and values, each (..., G, S, K), with what the cache holds."""
        if memory is not None and cache is not None and (held := cache.of_memory(memory)):
            return held
        source = x if memory is None else memory
        n_key_heads = self.n_heads // self.sharing
        k = split_heads(self.key(source), n_key_heads)
        v = split_heads(self.value(source), n_key_heads)
        if self.rotary is not None:
            first = start + len(cache) if cache is not None and memory is None else start
            k = self.rotary(k, start=first)
        if cache is None or memory is not None:
            return k, v
        return cache.followed_by(k, v, id(self), start)

    def scoring(
        self, x: Tensor, k: Tensor, mask: Array | None, start: int
    ) -> tuple[Tensor, Tensor, Tensor | None, Array | None]:
        """Queries and keys (..., H, T | S, K), and what is added to and hidden from the scores."""
        q, k = split_heads(self.query(x), self.n_heads), self.for_all_heads(k)
        queries, keys = q.shape[-2], k.shape[-2]
        if self.rotary is not None:
            check_last(queries, keys)
            q = self.rotary(q, start=start + keys - queries)
        bias = None if self.position_bias is None else self.position_bias(q, k)
        if mask is not None:
            check_mask(mask, scores_shape(q, k))
            array_module(q.data, mask)  # one library, or an error in words
        if self.causal:
            causal = moved_like(causal_mask(queries, keys), q.data)
            mask = causal if mask is None else causal & mask
        return q, k, bias, mask

    def for_all_heads(self, x: Tensor) -> Tensor:
        """(..., G, S, K) -> (..., H, S, K): every head of keys once for each that asks it."""
        if self.sharing == 1:
            return x
        *lead, heads, length, width = x.shape
        one = x.reshape(*lead, heads, 1, length, width)
        repeated = broadcast_to(one, shape=(*lead, heads, self.sharing, length, width))
        return repeated.reshape(*lead, self.n_heads, length, width)


def check_memory(memory: object) -> None:
    """Refuse a mask in the place of the memory: as an array of 0 and 1 it would be read.

    Raises:
        TypeError: it is neither a Tensor nor ``None``.
    """
    if memory is not None and not isinstance(memory, Tensor):
        kind = type(memory).__name__
        raise TypeError(
            f"attention: memory must be a Tensor, got a {kind}; a mask is given by name, mask=..."
        )


def scores_shape(q: Tensor, k: Tensor) -> tuple[int, ...]:
    """The shape of the scores, (..., H, T, S).

    Raises:
        ValueError: queries and keys are of two batches.
    """
    try:
        lead = np.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    except ValueError:
        raise ValueError(
            f"attention: queries {q.shape} and keys {k.shape} are of two batches"
        ) from None
    return *lead, q.shape[-2], k.shape[-2]


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    """(..., T, H K) -> (..., H, T, K).

    Raises:
        ValueError: there is no axis of positions.
    """
    if x.ndim < 2:
        raise ValueError(f"attention: needs the axes (..., positions, features), got {x.shape}")
    *lead, length, width = x.shape
    return swapaxes(x.reshape(*lead, length, n_heads, width // n_heads), axis1=-3, axis2=-2)


def merge_heads(x: Tensor) -> Tensor:
    """(..., H, T, K) -> (..., T, H K)."""
    *lead, heads, length, width = x.shape
    return swapaxes(x, axis1=-3, axis2=-2).reshape(*lead, length, heads * width)
