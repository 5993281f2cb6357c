"""The BERT encoder and its two heads.

Letters: B batch, T positions, D model width, V vocabulary, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.backend import Array, check_ids, moved_like, on_host
from minillm.models.pooling import POOLINGS, first_real, require_pooling
from minillm.nn import Dropout, Embedding, EncoderBlock, LayerNorm, LearnedPositions, Linear, Module
from minillm.nn.recomputing import through_blocks
from minillm.ops import IGNORE, cross_entropy, embedding, gelu, linear, tanh


@dataclass(frozen=True)
class BertConfig:
    """The sizes of a BERT; the defaults suit a laptop."""

    vocabulary_size: int
    width: int = 64
    n_layers: int = 2
    n_heads: int = 4
    hidden: int = 256
    max_length: int = 64
    n_segments: int = 2
    dropout: float = 0.1
    eps: float = 1e-5  # of every LayerNorm; the released code has 1e-12

    def parameter_count(self) -> int:
        """How many numbers a ``Bert`` of these sizes has, without making it::

            (V + T + S + 2) D + layers (4 D D + 2 D F + 9 D + F)

        V tokens, T = ``max_length``, S segments, F = ``hidden``; 9 D are biases and two norms.
        """
        d, f = self.width, self.hidden
        tables = (self.vocabulary_size + self.max_length + self.n_segments + 2) * d
        return tables + self.n_layers * (4 * d * d + 2 * d * f + 9 * d + f)


class Bert(Module):
    """Token, position and segment vectors, then a stack of encoder blocks::

        x_0 = drop(LN(E[ids] + P + S[segments])),   x_l = block_l(x_{l-1})

    Shapes: ``ids (B, T), mask (B, T), segments (B, T) -> (B, T, D)``; ``mask`` is True at real
    tokens.  Every position sees every real position, to its left and to its right.

    Positions are counted from a sentence's first real token: padded on the left or on the right,
    it gives the same vectors.

    Raises:
        ValueError: a mask or segments of another shape, a length of 0 or above ``max_length``.
        IndexError: an id or a segment out of range.
    Source: Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers for
        Language Understanding", section 3 and figure 2.
    Guide: 1.4.3, 2, 2.1, 3.1, 3.2, 3.3 (G13, G22, G29).
    """

    recompute = 0  # blocks in a group of which only the input is kept: see ``recompute_blocks``

    def __init__(self, config: BertConfig, *, rng: np.random.Generator):
        c = self.config = config
        if c.n_layers < 1:
            raise ValueError(f"Bert: n_layers must be at least 1, got {c.n_layers}")
        self.tokens = Embedding(c.vocabulary_size, c.width, rng=rng)
        self.positions = LearnedPositions(c.max_length, c.width, rng=rng)
        self.segments = Embedding(c.n_segments, c.width, rng=rng)
        self.norm = LayerNorm(c.width, eps=c.eps)
        self.dropout = Dropout(c.dropout, rng=rng)
        self.blocks = [
            EncoderBlock(c.width, c.n_heads, c.hidden, rng=rng, dropout=c.dropout, eps=c.eps)
            for _ in range(c.n_layers)
        ]

    def forward(self, ids: Array, mask: Array, segments: Array | None = None) -> Tensor:
        """The last layer's vectors, (B, T, D)."""
        x, attend = self.embed(ids, mask, segments)
        return through_blocks(self.blocks, x, mask=attend, recomputed=self.recompute)

    @no_grad()  # as a decorator: a ``with`` around a ``yield`` would reach into the caller's loop
    def attention_weights(
        self, ids: Array, mask: Array, segments: Array | None = None
    ) -> Iterator[Array]:
        """Layer by layer what each position looks at, (B, H, T, T); nothing is recorded."""
        x, attend = self.embed(ids, mask, segments)
        for block in self.blocks:
            yield block.attention_weights(x, mask=attend)
            x = block(x, mask=attend)

    def embed(self, ids: Array, mask: Array, segments: Array | None) -> tuple[Tensor, Array]:
        """The vectors that enter the first block, and the mask that attention takes."""
        if ids.ndim != 2 or mask.shape != ids.shape:
            raise ValueError(f"Bert: ids {ids.shape} and mask {mask.shape} must both be (B, T)")
        segments = np.zeros(ids.shape, dtype=np.int64) if segments is None else segments
        if segments.shape != ids.shape:
            raise ValueError(
                f"Bert: segments {segments.shape} must have the shape of ids {ids.shape}"
            )
        table = self.tokens.weight.data
        x = self.tokens(on_device(ids, self.config.vocabulary_size, "token id", table))
        x = self.positions(x, start=-first_real(mask))
        x = x + self.segments(on_device(segments, self.config.n_segments, "segment", table))
        return self.dropout(self.norm(x)), moved_like(mask[:, None, None, :], table)  # (B, 1, 1, T)


class MaskedLanguageModel(Module):
    """BERT's pretraining head: which token was hidden here? ::

        h = LN(gelu(x W + b)),   logits = h Eᵀ + c     (E is the token table itself: tied)

    Shapes: logits ``(n, V)`` for the n positions that were hidden.

    Source: Devlin et al. 2019, "BERT", section 3.1, task 1; the released code ties the weights.
    Guide: 2.1 (G27).
    """

    def __init__(self, bert: Bert, *, rng: np.random.Generator):
        self.bert = bert
        self.transform = Linear(bert.config.width, bert.config.width, rng=rng)
        self.norm = LayerNorm(bert.config.width, eps=bert.config.eps)
        self.bias = Parameter(np.zeros(bert.config.vocabulary_size, dtype=np.float32))

    def forward(
        self, ids: Array, mask: Array, positions: Array, segments: Array | None = None
    ) -> Tensor:
        """Logits at flat ``positions`` (n,), counted through ``ids`` row by row."""
        hidden = self.hidden(ids, mask, segments)
        batch, length, width = hidden.shape
        chosen = embedding(
            hidden.reshape(batch * length, width),
            ids=on_device(positions, batch * length, "position", hidden.data),
        )
        h = self.norm(gelu(self.transform(chosen)))
        return linear(h, self.bert.tokens.weight, self.bias)

    def hidden(self, ids: Array, mask: Array, segments: Array | None = None) -> Tensor:
        """The vectors that the head is asked about, (B, T, D)."""
        return self.bert(ids, mask, segments)

    def loss(
        self, ids: np.ndarray, mask: np.ndarray, targets: np.ndarray, segments: Array | None = None
    ) -> Tensor:
        """Mean cross-entropy in nats over the positions whose target is not ``IGNORE``.

        Raises:
            ValueError: ``targets`` do not have the shape of ``ids``.
        """
        if targets.shape != ids.shape:  # flat positions would point at other tokens
            raise ValueError(f"targets {targets.shape} must have the shape of ids {ids.shape}")
        positions = np.flatnonzero(targets != IGNORE)
        wanted = targets.reshape(-1)[positions]
        logits = self(ids, mask, positions, segments)
        return cross_entropy(
            logits, targets=on_device(wanted, logits.shape[1], "target", logits.data)
        )


class SequenceClassifier(Module):
    """One label for a sentence, read off the vector at [CLS], its first real token::

        pooled = tanh(x_cls W + b),   logits = drop(pooled) U + c

    With ``pooling="mean"`` the mean over the real positions stands in place of ``x_cls``, with
    "last" the vector at the last real token, [SEP].

    Shapes: ``ids (B, T), mask (B, T) -> (B, C)``.  It does not matter on which side a sentence is
    padded; one of padding alone is read at position 0, or as zeros.

    Raises:
        ValueError: fewer than two classes; ``pooling`` is none of these.
    Source: Devlin et al. 2019, "BERT", sections 3.2 and 4.1; the tanh layer is in the released
        code.
    Guide: 2.1, 5.2.2, 9.3.4 (G29, G32).
    """

    def __init__(
        self, bert: Bert, n_classes: int, *, rng: np.random.Generator, pooling: str = "cls"
    ):
        if n_classes < 2:
            raise ValueError(f"SequenceClassifier: needs at least 2 classes, got {n_classes}")
        require_pooling(pooling)
        self.bert, self.pooling = bert, pooling
        self.pooler = Linear(bert.config.width, bert.config.width, rng=rng)
        self.dropout = Dropout(bert.config.dropout, rng=rng)
        self.output = Linear(bert.config.width, n_classes, rng=rng)

    @property
    def body(self) -> Bert:
        """The encoder below the head."""
        return self.bert

    def forward(self, ids: Array, mask: Array, segments: Array | None = None) -> Tensor:
        """Logits of the classes."""
        read = POOLINGS[self.pooling](self.bert(ids, mask, segments), mask)
        return self.output(self.dropout(tanh(self.pooler(read))))

    def loss(
        self, ids: np.ndarray, mask: np.ndarray, targets: np.ndarray, segments: Array | None = None
    ) -> Tensor:
        """Mean cross-entropy in nats."""
        return class_loss(self(ids, mask, segments), targets)


def class_loss(logits: Tensor, targets: np.ndarray) -> Tensor:
    """Mean cross-entropy in nats of classes; ``logits (B, C), targets (B,) -> ()``."""
    return cross_entropy(logits, targets=on_device(targets, logits.shape[1], "class", logits.data))


def on_device(ids: Array, size: int, name: str, reference: Array) -> Array:
    """``ids`` beside ``reference``; those that come from the host are checked first.

    Raises:
        IndexError, TypeError: see ``check_ids``.
    """
    if on_host(ids):
        ids = check_ids(ids, size, name=name, of="a table")
    return moved_like(ids, reference)
