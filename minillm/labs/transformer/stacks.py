"""Deep stacks of the same blocks, with different parts left out, and what becomes of a signal.

Letters: B sentences, T positions, D model width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.learners import floating
from minillm.nn import EncoderBlock

Way = Callable[[EncoderBlock, Tensor], Tensor]


def neither(block: EncoderBlock, x: Tensor) -> Tensor:
    """``FFN(MHA(x))``."""
    return block.feed_forward(block.attention(x))


def no_residual(block: EncoderBlock, x: Tensor) -> Tensor:
    """``LN(FFN(y))`` with ``y = LN(MHA(x))``."""
    y = block.attention_norm(block.attention(x))
    return block.feed_forward_norm(block.feed_forward(y))


def no_norm(block: EncoderBlock, x: Tensor) -> Tensor:
    """``y + FFN(y)`` with ``y = x + MHA(x)``."""
    y = x + block.attention(x)
    return y + block.feed_forward(y)


def post_norm(block: EncoderBlock, x: Tensor) -> Tensor:
    """``LN(y + FFN(y))`` with ``y = LN(x + MHA(x))``."""
    y = block.attention_norm(x + block.attention(x))
    return block.feed_forward_norm(y + block.feed_forward(y))


def pre_norm(block: EncoderBlock, x: Tensor) -> Tensor:
    """``y + FFN(LN(y))`` with ``y = x + MHA(LN(x))``; the stack ends with a normalization."""
    y = x + block.attention(block.attention_norm(x))
    return y + block.feed_forward(block.feed_forward_norm(y))


VARIANTS: dict[str, Way] = {
    "neither": neither,
    "no residual": no_residual,
    "no norm": no_norm,
    "post-norm": post_norm,
    "pre-norm": pre_norm,
}


@dataclass(frozen=True)
class Sizes:
    """Of a batch and of a block."""

    sentences: int = 4
    length: int = 8
    width: int = 32
    n_heads: int = 4
    hidden: int = 128
    dtype: str = "float64"  # rounding stays far behind what is compared


def new_blocks(n: int, sizes: Sizes, rng: np.random.Generator) -> list[EncoderBlock]:
    """``n`` blocks with weights of their own."""
    blocks = (EncoderBlock(sizes.width, sizes.n_heads, sizes.hidden, rng=rng) for _ in range(n))
    return [block.to_dtype(floating(sizes.dtype)) for block in blocks]


def through(way: Way, blocks: Sequence[EncoderBlock], x: Tensor) -> Tensor:
    """The stream after all blocks."""
    for block in blocks:
        x = way(block, x)
    return x


def rms(x: np.ndarray) -> float:
    """The typical size of an entry, ``sqrt(mean(x²))``."""
    return float(np.sqrt(np.mean(x * x)))


def distance(x: np.ndarray) -> float:
    """How far the positions of a sentence are from being all equal, ``|x - mean| / |x|``.

    Shapes: ``x (B, T, D)``; the mean runs over the positions.

    Source: Dong, Cordonnier & Loukas 2021, "Attention is not all you need", measure it so, in
        another norm.
    """
    return rms(x - x.mean(axis=-2, keepdims=True)) / rms(x)
