"""How the parts of a GPT are made and joined, and what its targets are.

Letters: B batch, T positions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.backend.ids import IGNORE
from minillm.models.gpt_config import GptConfig
from minillm.nn import (
    Dropout,
    FeedForward,
    KeyValueCache,
    LayerNorm,
    Module,
    MultiHeadAttention,
    PreNormBlock,
    RMSNorm,
    SwiGLU,
)
from minillm.ops import gelu_tanh


def decoder_block(c: GptConfig, rotary: Module | None, rng: np.random.Generator) -> PreNormBlock:
    """One layer: causal attention and a feed-forward network, each normalised before."""
    thinking: Module
    if c.feed_forward == "swiglu":
        thinking = SwiGLU(c.width, c.inner_width, rng=rng, bias=c.bias)
    else:
        thinking = FeedForward(c.width, c.inner_width, rng=rng, activation=gelu_tanh, bias=c.bias)
    return PreNormBlock(
        attention=MultiHeadAttention(
            c.width,
            c.n_heads,
            rng=rng,
            dropout=c.dropout,
            bias=c.bias,
            n_key_heads=c.n_key_heads,
            causal=True,
            rotary=rotary,
        ),
        feed_forward=thinking,
        norm=lambda: normalization(c),
        dropout=Dropout(c.dropout, rng=rng),
    )


def normalization(c: GptConfig) -> LayerNorm | RMSNorm:
    """The normalization that the configuration names."""
    return (LayerNorm if c.norm == "layer" else RMSNorm)(c.width, eps=c.eps)


def checked_caches(
    caches: Sequence[KeyValueCache] | None, n_layers: int
) -> Sequence[KeyValueCache | None]:
    """One cache, or ``None``, for each block.

    Raises:
        ValueError: there are more or fewer, or they hold texts of several lengths.
    """
    if caches is None:
        return [None] * n_layers
    if len(caches) != n_layers:
        raise ValueError(
            f"{n_layers} blocks need a cache each, got {len(caches)}: "
            "[KeyValueCache() for _ in model.blocks]"
        )
    if len(lengths := {len(cache) for cache in caches}) > 1:
        raise ValueError(f"the caches hold {sorted(lengths)} positions: of several texts")
    return caches


def too_long(before: int, new: int, longest: int) -> str:
    """Why so many positions cannot be read, and which of them are remembered."""
    some = f" ({before} remembered and {new} new)" if before else ""
    return f"{before + new} positions{some} are more than max_length={longest}"


def next_tokens(ids: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """What a language model is given and what it has to say: the text, and the text one on::

        next_tokens([[5, 6, 7]])  ->  [[5, 6]], [[6, 7]]

    Shapes: ``(B, T) -> (B, T - 1)`` twice; a target that is padding, or follows padding, is
    ``IGNORE``.  The mask of the inputs is ``mask[:, :-1]``.

    Raises:
        ValueError: fewer than two positions, or a mask of another shape.
    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
        eq. 1.
    """
    ids = np.asarray(ids)
    if ids.ndim != 2 or ids.shape[1] < 2:
        raise ValueError(f"next_tokens: ids must be (B, T) with T of at least 2, got {ids.shape}")
    if mask is None:
        return ids[:, :-1], ids[:, 1:]
    if mask.shape != ids.shape:
        raise ValueError(f"next_tokens: mask {mask.shape} must have the shape of ids {ids.shape}")
    return ids[:, :-1], np.where(mask[:, 1:] & mask[:, :-1], ids[:, 1:], IGNORE)
