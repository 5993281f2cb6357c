"""What decoding asks of a model: read some tokens, say how the text goes on.

Letters: B texts, T positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import on_host, to_numpy
from minillm.models.decoding.lean import LeanReader
from minillm.models.decoding.prompts import check_batch, followed
from minillm.models.gpt import Gpt
from minillm.nn import Adapter, Dropout, KeyValueCache, LoRA
from minillm.nn.cache import restored_by_errors


class Reader(Protocol):
    """A model and what it has read of one batch of texts; logits are on the host.

    ``start`` forgets everything and reads ``ids (B, T)``, padded on the left; ``step`` reads one
    more token of each text.  Both give the logits (B, V) of the next one.  ``select`` goes on
    with these texts of the batch, in this order.  A call that raises has read nothing.
    """

    max_length: int
    vocabulary_size: int

    def start(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Read prompts."""

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """Read one token of each text."""

    def select(self, rows: np.ndarray) -> None:
        """Keep these texts, also several times."""


class RecomputingReader:
    """Reads the whole text again for every token: what a cache must agree with.

    Work for n tokens: n²/2 positions instead of n.
    """

    def __init__(self, model: Gpt):
        self.model, self.answering = model, Answering(model)
        self.max_length, self.vocabulary_size = sizes(model)
        self.ids, self.mask = np.zeros((0, 0), np.int64), np.zeros((0, 0), bool)

    def start(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The logits behind ``ids (B, T)``."""
        with restored_by_errors(self):
            self.ids, self.mask = ids, mask
            return self.answering.last_logits(ids, mask, None)

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """The logits behind all that was read, and ``tokens (B,)``."""
        check_batch(tokens, len(self.ids))
        ids = np.concatenate([self.ids, tokens[:, None]], axis=1)
        return self.start(ids, followed(self.mask))

    def select(self, rows: np.ndarray) -> None:
        """Keep these texts."""
        self.ids, self.mask = self.ids[rows], self.mask[rows]


class CachedReader:
    """The model's own forward with a ``KeyValueCache`` for each block."""

    def __init__(self, model: Gpt):
        self.model, self.answering = model, Answering(model)
        self.max_length, self.vocabulary_size = sizes(model)
        self.caches: list[KeyValueCache] = []
        self.mask = np.zeros((0, 0), bool)

    def start(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The logits behind ``ids (B, T)``, whose keys and values are kept."""
        with restored_by_errors(self):
            self.caches, self.mask = [KeyValueCache() for _ in self.model.blocks], mask
            return self.answering.last_logits(ids, mask, self.caches)

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """The logits behind one more token of each text."""
        check_batch(tokens, len(self.mask))
        with restored_by_errors(self):
            self.mask = followed(self.mask)
            return self.answering.last_logits(tokens[:, None], self.mask, self.caches)

    def select(self, rows: np.ndarray) -> None:
        """Keep these texts."""
        with restored_by_errors(self, *self.caches):
            self.mask = self.mask[rows]
            for cache in self.caches:
                cache.select(rows)


def reader_of(model: Gpt) -> Reader:
    """The fastest reader: the lean one on the host, where all layers are plain; else the cached.

    What is made of a ``Gpt`` by inheritance may have layers that the lean one does not know.
    """
    added = any(isinstance(module, LoRA | Adapter) for _, module in model.named_modules())
    plain = type(model) is Gpt and not added
    lean = plain and on_host(model.tokens.weight.data)
    return LeanReader(model) if lean else CachedReader(model)


def sizes(model: Any) -> tuple[int, int]:
    """The longest text and the number of tokens."""
    return model.config.max_length, model.config.vocabulary_size


class Answering:
    """A model that only answers: nothing is recorded, and nothing dropped in whatever mode."""

    def __init__(self, model: Any):
        self.model = model
        modules = [module for _, module in model.named_modules()]
        self.droppers = [module for module in modules if isinstance(module, Dropout)]

    def last_logits(
        self, ids: np.ndarray, mask: np.ndarray, caches: list[KeyValueCache] | None
    ) -> np.ndarray:
        """The logits of a GPT at the last position, (B, V)."""

        def last() -> Tensor:
            hidden = self.model.hidden(ids, None if mask.all() else mask, caches=caches)
            logits: Tensor = self.model.logits(hidden[:, -1])
            return logits

        return to_numpy(self.quietly(last).data)

    @no_grad()
    def quietly(self, compute: Callable[[], Tensor]) -> Tensor:
        """What ``compute`` makes of the model; afterwards each layer is in the mode it was in."""
        modes = [dropper.training for dropper in self.droppers]
        try:
            for dropper in self.droppers:
                dropper.training = False
            return compute()
        finally:
            for dropper, training in zip(self.droppers, modes, strict=True):
                dropper.training = training
