"""The operations of a forward pass and of a training step, by formula.

Letters: B batch, T positions, S positions seen, D model width, K head width, G heads of keys,
F hidden width, V vocabulary, L layers.
"""

from __future__ import annotations

from dataclasses import dataclass

from minillm.models.bert import BertConfig
from minillm.models.costs.shapes import (
    BlockShape,
    block_shape,
    check_counts,
    check_hidden,
    check_length,
    require_config,
)
from minillm.models.gpt_config import GptConfig


@dataclass(frozen=True)
class ForwardFlops:
    """Floating-point operations of a forward pass, by the part of the model that needs them."""

    projections: int  # to queries, keys and values, and from the heads
    attention: int  # queries times keys, weights times values
    feed_forward: int
    head: int

    @property
    def total(self) -> int:
        """Those of all parts."""
        return self.projections + self.attention + self.feed_forward + self.head

    @property
    def training(self) -> int:
        """Those of a training step: forward, and twice as many backward.

        A product ``y = x Wᵀ`` has two gradients, ``dx = g W`` and ``dW = gᵀ x``, and each is as
        large a product; so has each of the two products of attention.
        """
        return 3 * self.total


def gpt_flops(config: GptConfig, batch: int, length: int, *, before: int = 0) -> ForwardFlops:
    """The products of a GPT on ``(B, T)`` ids, behind ``before`` positions in a cache::

        projections    L B T (4 D D + 4 D K G)         K G = D where no heads share keys
        attention      4 L B T S D                     S = before + T
        feed-forward   2 m L B T D F                   m: 2 matrices, 3 with SwiGLU
        head           2 B T D V

    Equal to what ``count_flops`` counts.  The causal mask saves nothing here: all S keys are
    multiplied, and half of the scores thrown away.

    Raises:
        ValueError: a negative count, more positions than ``max_length``, sizes that no model has.
        TypeError: a count that is not an integer; the configuration of another model.
    Source: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", arXiv:2001.08361, table
        1, which counts the products of queries and keys alone for attention.
    Guide: 8.2.1 (G53).
    """
    require_config("gpt_flops", config, GptConfig)
    check_counts("gpt_flops", batch=batch, length=length, before=before)
    check_length(config, before + length)
    tokens = batch * length
    head = 2 * tokens * config.width * config.vocabulary_size
    return of_blocks(block_shape(config), tokens, before + length, head)


def bert_flops(
    config: BertConfig,
    batch: int,
    length: int,
    *,
    hidden_positions: int = 0,
    classes: int = 0,
) -> ForwardFlops:
    """The products of a BERT on ``(B, T)`` ids: of its blocks as in ``gpt_flops``, and its heads::

        masked language model   n (2 D D + 2 D V)      n: hidden_positions of the whole batch
        classifier              B (2 D D + 2 D C)      C: classes

    Padding is multiplied like words.

    Raises:
        ValueError: more hidden positions than there are; as ``gpt_flops``.
        TypeError: as ``gpt_flops``.
    Guide: 8.2.1 (G53).
    """
    require_config("bert_flops", config, BertConfig)
    check_counts("bert_flops", batch=batch, length=length)
    check_counts("bert_flops", hidden_positions=hidden_positions, classes=classes)
    check_length(config, length)
    check_hidden("bert_flops", hidden_positions, batch * length)
    d = config.width
    head = hidden_positions * (2 * d * d + 2 * d * config.vocabulary_size)
    if classes:
        head += batch * (2 * d * d + 2 * d * classes)
    return of_blocks(block_shape(config), batch * length, length, head)


def of_blocks(shape: BlockShape, tokens: int, seen: int, head: int) -> ForwardFlops:
    """The formulas of ``gpt_flops`` for a stack of blocks, and a head's."""
    d, per_token = shape.width, shape.n_layers * tokens
    return ForwardFlops(
        projections=per_token * (4 * d * d + 4 * d * shape.keys),
        attention=4 * per_token * seen * d,
        feed_forward=2 * shape.matrices * per_token * d * shape.inner,
        head=head,
    )
