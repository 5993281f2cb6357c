"""What a translator looks at while it writes, and which word it links with which.

Letters: S tokens of a source, T tokens of its target, with the one of its end, L layers, H heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.backend import to_numpy
from minillm.tasks.metrics.alignment import Link
from minillm.tasks.translation.batches import ROWS, IdPair, batch_of, joint_lengths
from minillm.tasks.translation.translator import Translator
from minillm.text.parallel_files import Pair
from minillm.training import bucketed_order, evaluating


class Attention(NamedTuple):
    """The cross-attention of one translation: the numbers of its picture."""

    source: list[str]  # S tokens, the last is [EOS]
    target: list[str]  # T tokens, the last is [EOS]
    weights: np.ndarray  # (L, H, T, S): row t is what was looked at to write token t

    def of(self, layer: int = -1, head: int | None = None) -> np.ndarray:
        """One layer's weights (T, S), of a head or the mean of all; each row sums to 1.

        ``layer`` counts those of the decoder from 0, or from behind with -1.

        Raises:
            ValueError: there is no such layer or head.
        """
        n_layers, n_heads = self.weights.shape[:2]
        if not -n_layers <= layer < n_layers:
            raise ValueError(f"attention: layer must be in 0..{n_layers - 1} or -1, got {layer}")
        if head is not None and not 0 <= head < n_heads:
            raise ValueError(f"attention: head must be in 0..{n_heads - 1}, got {head}")
        heads = self.weights[layer]
        chosen: np.ndarray = heads.mean(axis=0) if head is None else heads[head]
        return chosen

    def links(self, layer: int = -1, head: int | None = None) -> frozenset[Link]:
        """Each token of the target linked with the one of the source that it looks at most::

            a_t = argmax_s weights[t, s]        over the S - 1 tokens before [EOS]

        [EOS] of the target has no link.  Attention is what the model reads, not what its words
        mean: compare it with known links before it is taken for an alignment.

        Raises:
            ValueError: as ``of``.
        """
        words = self.of(layer, head)[:-1, :-1]
        if not words.size:
            return frozenset()
        return frozenset((int(s), t) for t, s in enumerate(words.argmax(axis=1)))


def attention_of(
    translator: Translator, pairs: Sequence[Pair], *, cut: bool = False
) -> list[Attention]:
    """What the decoder reads in each source before it writes each token of the target.

    The targets may be the translator's own or anybody's: they are given, token by token.  With
    ``cut``, of long sentences only as many tokens as the model reads and writes are looked at.

    Raises:
        ValueError: a sentence is too long for the model: names it.
    Source: Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align
        and Translate", arXiv:1409.0473, section 5.2.1, for the picture.
    Guide: 6.2 (G38).
    """
    tokens = translator.tokens
    sources = translator.sources([pair.source for pair in pairs], cut=cut)
    most = translator.model.config.max_length + 1 if cut else None  # with the one of its beginning
    ids = [
        IdPair(source, tokens.encode_target(pair.target)[:most])
        for source, pair in zip(sources, pairs, strict=True)
    ]
    found: dict[int, Attention] = {}
    with evaluating(translator.model):
        for rows in bucketed_order(joint_lengths(ids), batch_size=ROWS, rng=None):
            weights = weights_of(translator, [ids[i] for i in rows])
            for row, i in enumerate(rows):
                source = tokens.source.spelled(ids[i].source)
                target = tokens.target.spelled(ids[i].target[1:])
                seen = weights[row, :, :, : len(target), : len(source)]
                found[int(i)] = Attention(source, target, seen)
    return [found[i] for i in range(len(pairs))]


def weights_of(translator: Translator, pairs: Sequence[IdPair]) -> np.ndarray:
    """The weights of all layers and heads for some pairs side by side, (B, L, H, T, S)."""
    batch = batch_of(pairs)
    layers = translator.model.cross_attention_weights(batch.source, batch.inputs, batch.source_mask)
    return np.stack([to_numpy(layer) for layer in layers], axis=1)
