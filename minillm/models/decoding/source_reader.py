"""What decoding asks of an encoder-decoder: the sources are read once, and the targets written.

Letters: B sources, S positions of the longest, N texts that are written, T positions, V vocabulary.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import moved_like, to_numpy
from minillm.models.decoding.prompts import check_batch, followed
from minillm.models.decoding.readers import Answering, sizes
from minillm.models.encoder_decoder import EncoderDecoder
from minillm.nn import KeyValueCache
from minillm.nn.cache import restored_by_errors


class SourceReader:
    """A ``Reader`` of translations: ``p(next token | source, what is written of its target)``.

    ``generate``, ``stream_tokens`` and ``beam_search`` take it in the place of a GPT.  The encoder
    reads ``source (B, S)`` when the reader is made; what cross-attention makes of the memory,
    keys and values, is worked out at the first token and kept.  Prompts begin the targets: one
    for each source, or n for each, side by side, where n samples are drawn.

    With ``cached=False`` every token is answered by a reading of the whole target anew: what a
    cache must agree with.

    Raises:
        ValueError: sources as in ``EncoderDecoder``; prompts that are not as many as the sources,
            or n times as many.
    Guide: 6.2 (G38).
    """

    def __init__(
        self,
        model: EncoderDecoder,
        source: np.ndarray,
        source_mask: np.ndarray | None = None,
        *,
        cached: bool = True,
    ):
        self.model, self.answering, self.cached = model, Answering(model), cached
        self.max_length, self.vocabulary_size = sizes(model)
        self.encoded = self.answering.quietly(lambda: model.encode(source, source_mask))
        self.encoded_mask = np.ones(source.shape, bool) if source_mask is None else source_mask
        self.memory, self.memory_mask = self.encoded, self.encoded_mask  # one row for each text
        self.caches: list[KeyValueCache] | None = None
        self.ids, self.mask = np.zeros((0, 0), np.int64), np.zeros((0, 0), bool)

    def start(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The logits (N, V) behind the beginnings ``ids (N, T)`` of the targets."""
        n_sources = len(self.encoded_mask)
        if len(ids) % n_sources:
            raise ValueError(
                f"SourceReader: {len(ids)} prompts for {n_sources} sources: give as many, or n "
                "times as many for n texts of each"
            )
        with restored_by_errors(self):
            self.ids, self.mask = ids, mask
            self.memory, self.memory_mask = self.encoded, self.encoded_mask
            if len(ids) > n_sources:
                self.choose(np.repeat(np.arange(n_sources), len(ids) // n_sources))
            self.caches = [KeyValueCache() for _ in self.model.blocks] if self.cached else None
            return self.behind(ids)

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """The logits behind one more token of each target."""
        check_batch(tokens, len(self.mask))
        with restored_by_errors(self):
            self.mask = followed(self.mask)
            self.ids = np.concatenate([self.ids, tokens[:, None]], axis=1)
            return self.behind(tokens[:, None] if self.cached else self.ids)

    def select(self, rows: np.ndarray) -> None:
        """Go on with these targets, each with its source, in this order."""
        with restored_by_errors(self, *(self.caches or ())):
            self.ids, self.mask = self.ids[rows], self.mask[rows]
            self.choose(rows)
            for cache in self.caches or ():
                cache.select(rows)

    def choose(self, rows: np.ndarray) -> None:
        """The memory of the texts that ``rows`` name."""
        kept = self.memory.data[moved_like(rows, self.memory.data)]
        self.memory, self.memory_mask = Tensor(kept), self.memory_mask[rows]

    def behind(self, ids: np.ndarray) -> np.ndarray:
        """The logits of the last of ``ids``, which follow what the caches hold."""
        mask = None if self.mask.all() else self.mask
        readable = None if self.memory_mask.all() else self.memory_mask

        def last() -> Tensor:
            hidden = self.model.hidden(ids, mask, self.memory, readable, caches=self.caches)
            return self.model.logits(hidden[:, -1])

        return to_numpy(self.answering.quietly(last).data)
