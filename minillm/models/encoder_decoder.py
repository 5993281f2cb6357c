"""The first Transformer: an encoder reads the source, a decoder writes the target.

Letters: B batch, S positions of the source, T positions of the target, D model width, V target
vocabulary, H heads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import Array, moved_like, stream
from minillm.models.bert import on_device
from minillm.models.encoder_decoder_config import EncoderDecoderConfig
from minillm.models.encoder_decoder_parts import (
    check_beside,
    check_sentences,
    reading_block,
    vectors_and_places,
    writing_block,
)
from minillm.models.gpt_parts import checked_caches
from minillm.models.model_files import read_model, write_model
from minillm.models.pooling import first_real
from minillm.nn import Dropout, Embedding, KeyValueCache, LayerNorm, Module, state_for_file
from minillm.nn.cache import unchanged_by_errors
from minillm.nn.recomputing import through_blocks
from minillm.ops import linear, smoothed_cross_entropy

KIND = "sequence-to-sequence model"


class EncoderDecoder(Module):
    """Reads a whole source, and says at every position of the target which token comes next::

        x_0 = drop(√D E_s[source] + P),   x_l = encoder_l(x_{l-1}),   memory = N(x_L)
        y_0 = drop(√D E_t[target] + P),   y_l = decoder_l(y_{l-1}, memory),   h = N(y_L)
        logits = h E_tᵀ,    p(target | source) = Π_t softmax(logits_t)[target_{t+1}]

    Shapes: ``source (B, S), target (B, T) -> (B, T, V)``; masks ``(B, S)`` and ``(B, T)`` are True
    at real tokens, and left out where all are.  Without N where the order is "post".

    The encoder sees the source to both sides, the decoder the target up to its own position and,
    by cross-attention, all of the source: so a target may be longer or shorter, and ends where
    the model says so.  Padding on either side changes nothing.

    The vectors start normal with standard deviation 1/√D: √D of it are as large as the positions
    that are added, and the first logits have a standard deviation near 1.

    Raises:
        ValueError: ids or a mask of another shape, no token, a sentence of more than
            ``max_length`` tokens, with its place in the batch.
        IndexError, TypeError: ids as in ``check_ids``.
    Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, section 3; Press &
        Wolf 2017, arXiv:1608.05859, for the head that is the table.
    Guide: 6.2 (G38).
    """

    recompute = 0  # blocks in a group of which only the input is kept: see ``recompute_blocks``

    def __init__(self, config: EncoderDecoderConfig, *, rng: np.random.Generator):
        c = self.config = config
        self.source_tokens, self.source_positions = vectors_and_places(c, c.source_size, rng)
        self.target_tokens, self.target_positions = vectors_and_places(c, c.target_size, rng)
        if c.shared:
            self.target_tokens = self.source_tokens
        self.dropout = Dropout(c.dropout, rng=rng)
        self.encoder = [reading_block(c, rng) for _ in range(c.n_layers)]
        self.blocks = [writing_block(c, rng) for _ in range(c.n_layers)]  # the decoder's
        pre = c.order == "pre"
        self.encoder_norm: Any = LayerNorm(c.width, eps=c.eps) if pre else None
        self.norm: Any = LayerNorm(c.width, eps=c.eps) if pre else None

    def forward(
        self,
        source: Array,
        target: Array,
        source_mask: Array | None = None,
        target_mask: Array | None = None,
    ) -> Tensor:
        """The logits of the next token at every position of ``target``, (B, T, V)."""
        memory = self.encode(source, source_mask)
        return self.logits(self.hidden(target, target_mask, memory, source_mask))

    def encode(self, source: Array, mask: Array | None = None) -> Tensor:
        """What the encoder makes of the sources, (B, S, D): the memory."""
        check_sentences("source", source, mask, self.config.max_length)
        x = self.embed(self.source_tokens, self.source_positions, source, mask, 0)
        attend = self.attendable(mask, x)
        x = through_blocks(self.encoder, x, mask=attend, recomputed=self.recompute)
        return x if self.encoder_norm is None else self.encoder_norm(x)

    def hidden(
        self,
        target: Array,
        mask: Array | None,
        memory: Tensor,
        memory_mask: Array | None = None,
        *,
        caches: Sequence[KeyValueCache] | None = None,
    ) -> Tensor:
        """The vectors behind the decoder's last block, (B, T, D).

        ``caches`` are as in ``Gpt``: ``target`` goes on from what they hold, of which ``mask``
        speaks, too.
        """
        held: Sequence[KeyValueCache | None] = checked_caches(caches, self.config.n_layers)
        before = 0 if held[0] is None else len(held[0])
        check_sentences("target", target, mask, self.config.max_length, before)
        check_beside(target, memory, memory_mask)
        y = self.embed(self.target_tokens, self.target_positions, target, mask, before)
        attend, readable = self.attendable(mask, y), self.attendable(memory_mask, y)
        with unchanged_by_errors(*held):
            y = through_blocks(
                self.blocks, y, memory, mask=attend, memory_mask=readable,
                recomputed=self.recompute, caches=held,
            )  # fmt: skip
            return y if self.norm is None else self.norm(y)

    def embed(
        self, table: Embedding, positions: Any, ids: Array, mask: Array | None, before: int
    ) -> Tensor:
        """``drop(√D E[ids] + P)``, counted from the first real token."""
        ids = on_device(ids, table.weight.shape[0], "token id", table.weight.data)
        start = before if mask is None else before - first_real(mask)
        scaled = table(ids) * self.config.width**0.5
        return self.dropout(positions(scaled, start=start))

    def attendable(self, mask: Array | None, x: Tensor) -> Array | None:
        """``(B, S)`` as attention takes it, (B, 1, 1, S)."""
        return None if mask is None else moved_like(mask[:, None, None, :], x.data)

    def logits(self, hidden: Tensor) -> Tensor:
        """The scores of all tokens, (..., D) -> (..., V)."""
        return linear(hidden, self.target_tokens.weight)

    def loss(
        self,
        source: Array,
        inputs: Array,
        targets: np.ndarray,
        source_mask: Array | None = None,
        *,
        smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> Tensor:
        """Cross-entropy in nats over the targets that are not ``IGNORE``, with label smoothing.

        At every position the decoder is given the *right* tokens before it (teacher forcing):
        ``inputs, targets = next_tokens([[BOS, ..., EOS]])``, one a position behind the other.
        Padding on the right needs no mask: no real position sees it, and its targets are ignored.

        Raises:
            ValueError: other shapes of ``targets`` and ``inputs``; as ``smoothed_cross_entropy``.
        Source: Vaswani et al. 2017, section 5.4, for the smoothing; Williams & Zipser 1989, "A
            Learning Algorithm for Continually Running Fully Recurrent Neural Networks".
        """
        if targets.shape != inputs.shape:
            raise ValueError(
                f"targets {targets.shape} must have the shape of inputs {inputs.shape}"
            )
        logits = self(source, inputs, source_mask)
        return smoothed_cross_entropy(
            logits,
            targets=moved_like(targets, logits.data),
            smoothing=smoothing,
            reduction=reduction,
        )

    @no_grad()
    def cross_attention_weights(
        self,
        source: Array,
        target: Array,
        source_mask: Array | None = None,
        target_mask: Array | None = None,
    ) -> Iterator[Array]:
        """Layer by layer what each position of the target looks at in the source, (B, H, T, S)."""
        memory = self.encode(source, source_mask)
        check_sentences("target", target, target_mask, self.config.max_length)
        check_beside(target, memory, source_mask)
        y = self.embed(self.target_tokens, self.target_positions, target, target_mask, 0)
        masks = {
            "mask": self.attendable(target_mask, y),
            "memory_mask": self.attendable(source_mask, y),
        }
        for block in self.blocks:
            yield block.cross_attention_weights(y, memory, **masks)
            y = block(y, memory, **masks)

    def save(self, path: str | Path) -> None:
        """Write configuration and weights as one safetensors file, atomically.

        Raises:
            ValueError: as ``state_for_file``; nothing was written.
        """
        write_model(path, KIND, self.config, state_for_file(self))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The model of a file that ``save`` wrote.

        Raises:
            CheckpointError: the file is damaged, or holds something else.
        """
        return read_model(path, KIND, cls.of)

    @classmethod
    def of(cls, config: Any) -> Self:
        """A model of a saved configuration, whose weights are to be overwritten."""
        return cls(EncoderDecoderConfig(**config), rng=stream(0, "weights of a file"))
