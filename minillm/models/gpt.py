"""The decoder-only Transformer, GPT-2's and Llama's alike: one model whose parts are named.

Letters: B batch, T positions, S positions read so far, D model width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import Array, moved_like, stream
from minillm.models.bert import on_device
from minillm.models.gpt_config import GptConfig
from minillm.models.gpt_files import read_gpt, write_gpt
from minillm.models.gpt_parts import (
    checked_caches,
    decoder_block,
    next_tokens,
    normalization,
    too_long,
)
from minillm.models.pooling import first_real
from minillm.nn import (
    Dropout,
    Embedding,
    KeyValueCache,
    LearnedPositions,
    Linear,
    Module,
    RotaryPositions,
    normal,
    state_for_file,
)
from minillm.nn.cache import unchanged_by_errors
from minillm.nn.recomputing import through_blocks
from minillm.ops import IGNORE, cross_entropy, linear


class Gpt(Module):
    """Reads a text from left to right, and says at every position which token comes next::

        x_0 = drop(E[ids] + P),   x_l = block_l(x_{l-1}),   logits = N(x_L) Hᵀ
        H = E where the head is tied;   no P where positions are rotary

    Shapes: ``ids (B, T) -> (B, T, V)``; ``mask (B, T)`` is True at real tokens and left out where
    all are.  Position t sees the positions up to t and none after it.

    ``caches``, one for each block, holds what was read before: ``ids`` go on from there, and
    ``mask (B, S)`` speaks of those read before, too.  A text padded on the left is counted from
    its first real token, so that padding on either side gives the same logits.

    Weights start normal with standard deviation 0.02, those that write into the stream with
    0.02 / √(2L): the first loss is near ln V.

    Raises:
        ValueError: ids or a mask of another shape, no token, more than ``max_length``, caches that
            are not one for each block or belong to another model or batch.
        IndexError, TypeError: ids as in ``check_ids``.
    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section
        2.3; Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models", section
        2.2.
    Guide: 1.4.3, 9.2 (G30).
    """

    recompute = 0  # blocks in a group of which only the input is kept: see ``recompute_blocks``

    def __init__(self, config: GptConfig, *, rng: np.random.Generator):
        c = self.config = config
        self.tokens = Embedding(c.vocabulary_size, c.width, rng=rng)
        self.positions: Any = None
        self.rotary: Any = None
        if c.positions == "learned":
            self.positions = LearnedPositions(c.max_length, c.width, rng=rng)
        else:
            self.rotary = RotaryPositions(c.max_length, c.width // c.n_heads, base=c.rotary_base)
        self.dropout = Dropout(c.dropout, rng=rng)
        self.blocks = [decoder_block(c, self.rotary, rng) for _ in range(c.n_layers)]
        self.norm = normalization(c)
        self.head = None if c.tied else Linear(c.width, c.vocabulary_size, rng=rng, bias=False)
        self.draw_weights(rng)

    def draw_weights(self, rng: np.random.Generator) -> None:
        """Every matrix anew, normal; smaller where the 2L branches are added to the stream.

        Source: Radford et al. 2019, section 2.3; 0.02 is in its released code.
        """
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                branch = name.endswith(("attention.output.weight", "feed_forward.outer.weight"))
                std = 0.02 * (2 * self.config.n_layers) ** -0.5 if branch else 0.02
                parameter.data = normal(parameter.shape, std=std, rng=rng)

    def forward(
        self,
        ids: Array,
        mask: Array | None = None,
        *,
        caches: Sequence[KeyValueCache] | None = None,
    ) -> Tensor:
        """The logits of the next token at every position of ``ids``, (B, T, V)."""
        return self.logits(self.hidden(ids, mask, caches=caches))

    def hidden(
        self,
        ids: Array,
        mask: Array | None = None,
        *,
        caches: Sequence[KeyValueCache] | None = None,
    ) -> Tensor:
        """The normalised vectors behind the last block, (B, T, D)."""
        held: Sequence[KeyValueCache | None] = checked_caches(caches, self.config.n_layers)
        before = 0 if held[0] is None else len(held[0])
        x = self.embed(ids, mask, before)
        attend = None if mask is None else moved_like(mask[:, None, None, :], x.data)
        with unchanged_by_errors(*held):
            x = through_blocks(self.blocks, x, mask=attend, recomputed=self.recompute, caches=held)
            return self.norm(x)

    def embed(self, ids: Array, mask: Array | None, before: int) -> Tensor:
        """The vectors that enter the first block, behind ``before`` positions."""
        c = self.config
        if ids.ndim != 2 or 0 in ids.shape:
            raise ValueError(f"Gpt: ids must be (B, T) with a token at least, got {ids.shape}")
        seen = before + ids.shape[1]
        if mask is not None and mask.shape != (len(ids), seen):
            raise ValueError(
                f"Gpt: mask must be {(len(ids), seen)} for these ids, got {mask.shape}"
            )
        if seen > c.max_length:
            raise ValueError(f"Gpt: {too_long(before, ids.shape[1], c.max_length)}")
        x = self.tokens(on_device(ids, c.vocabulary_size, "token id", self.tokens.weight.data))
        if self.positions is not None:
            start = before if mask is None else before - first_real(mask)
            x = self.positions(x, start=start)
        return self.dropout(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """The scores of all tokens, (..., D) -> (..., V)."""
        return linear(hidden, self.tokens.weight if self.head is None else self.head.weight)

    def loss(
        self,
        ids: np.ndarray,
        targets: np.ndarray,
        mask: Array | None = None,
        *,
        reduction: str = "mean",
    ) -> Tensor:
        """Cross-entropy in nats over the positions whose target is not ``IGNORE``.

        ``next_tokens`` makes ids and targets of texts.

        Raises:
            ValueError: ``targets`` do not have the shape of ``ids``.
        """
        if targets.shape != ids.shape:
            raise ValueError(f"targets {targets.shape} must have the shape of ids {ids.shape}")
        logits = self(ids, mask)
        return cross_entropy(logits, targets=moved_like(targets, logits.data), reduction=reduction)

    @no_grad()
    def log_probabilities(self, ids: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        """How probable each token was to the model, given those before it: ln p(t | before).

        Shapes: ``(B, T) -> (B, T - 1)``, from the second token on; 0 where one of both is padding.
        Dropout acts as the model is set, so that ``eval()`` comes first.

        Raises:
            ValueError: fewer than two positions.
        """
        inputs, targets = next_tokens(ids, mask)
        real = None if mask is None else mask[:, :-1]
        return -self.loss(inputs, targets, real, reduction="none").data

    def perplexity(self, ids: np.ndarray, mask: np.ndarray | None = None) -> float:
        """Among how many equally probable tokens the model would be as undecided::

            PPL = exp(-(1/n) sum_i ln p(t_i | t_1 ... t_{i-1}))

        A model that knows nothing has V; a mean over several batches is one of losses, not of
        perplexities.

        Raises:
            ValueError: no token has one before it.
        Source: Jelinek et al. 1977, "Perplexity: a measure of the difficulty of speech recognition
            tasks".
        """
        counted = next_tokens(ids, mask)[1] != IGNORE
        if not counted.any():
            raise ValueError("perplexity: no token has one before it")
        log_p = self.log_probabilities(ids, mask)
        return float(np.exp(-log_p[counted].mean(dtype=np.float64)))

    def save(self, path: str | Path) -> None:
        """Write configuration and weights as one safetensors file, atomically.

        Raises:
            ValueError: as ``state_for_file``; nothing was written.
        """
        write_gpt(path, self.config, state_for_file(self))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The model of a file that ``save`` wrote.

        Raises:
            CheckpointError: the file is damaged, or holds something else.
        """
        return read_gpt(path, lambda config: cls(config, rng=stream(0, "weights of a file")))
