"""How the parts of an encoder-decoder are made, and what its two sides must be.

Letters: B batch, S positions of the source, T positions of the target, D model width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, on_host
from minillm.models.encoder_decoder_config import EncoderDecoderConfig
from minillm.nn import (
    DecoderBlock,
    Embedding,
    EncoderBlock,
    LearnedPositions,
    PreNormDecoderBlock,
    PreNormEncoderBlock,
    SinusoidalPositions,
    normal,
)
from minillm.ops import relu


def vectors_and_places(
    c: EncoderDecoderConfig, size: int, rng: np.random.Generator
) -> tuple[Embedding, LearnedPositions | SinusoidalPositions]:
    """One side's table of tokens, normal with standard deviation 1/√D, and its positions."""
    tokens = Embedding(size, c.width, rng=rng)
    tokens.weight.data = normal(tokens.weight.shape, std=c.width**-0.5, rng=rng)
    if c.positions == "learned":
        return tokens, LearnedPositions(c.max_length, c.width, rng=rng)
    return tokens, SinusoidalPositions(c.max_length, c.width)


def reading_block(
    c: EncoderDecoderConfig, rng: np.random.Generator
) -> EncoderBlock | PreNormEncoderBlock:
    """One layer of the encoder."""
    kind = PreNormEncoderBlock if c.order == "pre" else EncoderBlock
    return kind(
        c.width,
        c.n_heads,
        c.inner_width,
        rng=rng,
        dropout=c.dropout,
        eps=c.eps,
        activation=relu,
    )


def writing_block(
    c: EncoderDecoderConfig, rng: np.random.Generator
) -> DecoderBlock | PreNormDecoderBlock:
    """One layer of the decoder."""
    kind = PreNormDecoderBlock if c.order == "pre" else DecoderBlock
    return kind(
        c.width,
        c.n_heads,
        c.inner_width,
        rng=rng,
        dropout=c.dropout,
        eps=c.eps,
        activation=relu,
    )


def check_sentences(
    side: str, ids: Array, mask: Array | None, longest: int, before: int = 0
) -> None:
    """Refuse what are no sentences, or sentences that the model has no positions for.

    Raises:
        ValueError: see ``EncoderDecoder``; an over-long sentence with its place in the batch.
    """
    if ids.ndim != 2 or 0 in ids.shape:
        raise ValueError(
            f"EncoderDecoder: {side} must be ids (B, positions) with a token at least, got "
            f"{ids.shape}"
        )
    seen = before + ids.shape[1]
    if mask is not None and mask.shape != (len(ids), seen):
        raise ValueError(
            f"EncoderDecoder: the {side}'s mask must be {(len(ids), seen)}, got {mask.shape}"
        )
    if mask is not None and on_host(mask) and not mask.any(axis=1).all():
        place = int(np.argmin(mask.any(axis=1)))
        raise ValueError(f"EncoderDecoder: {side} {place} has no token, only padding")
    if seen > longest:
        lengths = np.full(len(ids), seen) if mask is None else np.asarray(mask.sum(axis=1))
        place = int(lengths.argmax())
        raise ValueError(
            f"EncoderDecoder: {side} {place} has {int(lengths[place])} tokens (the batch has "
            f"{seen} positions), and the model reads max_length={longest}"
        )


def check_beside(target: Array, memory: Tensor, memory_mask: Array | None) -> None:
    """Refuse a memory of another batch, or a mask that is not one of the memory.

    Raises:
        ValueError: says what there is of both.
    """
    if len(target) != memory.shape[0]:
        raise ValueError(
            f"EncoderDecoder: {len(target)} targets, but {memory.shape[0]} sources: one each"
        )
    if memory_mask is not None and memory_mask.shape != memory.shape[:2]:
        raise ValueError(
            f"EncoderDecoder: the source's mask must be {memory.shape[:2]}, got {memory_mask.shape}"
        )
