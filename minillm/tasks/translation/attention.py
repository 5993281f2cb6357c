"""What a translator looks at while it writes, and which word it links with which.

Letters: S tokens of a source, T tokens of its target, with the one of its end, H heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.tasks.metrics.alignment import Link
from minillm.tasks.translation.translator import Translator
from minillm.text.parallel_files import Pair
from minillm.training import evaluating


class Attention(NamedTuple):
    """The cross-attention of one translation: the numbers of its picture."""

    source: list[str]  # S tokens, the last is [EOS]
    target: list[str]  # T tokens, the last is [EOS]
    weights: np.ndarray  # (T, S): row t is what was looked at to write token t; it sums to 1


def attention_of(
    translator: Translator, pair: Pair, *, layer: int = -1, head: int | None = None
) -> Attention:
    """What the decoder reads in the source before it writes each token of the target.

    The target may be the translator's own or anybody's: it is given, token by token.  ``layer``
    counts the decoder's from 0, from behind with -1; without a ``head`` it is the mean of all.

    Attention is what the model reads, not what its words mean: compare it with known links before
    it is taken for an alignment.

    Raises:
        ValueError: there is no such layer or head; a sentence is too long for the model.
    Source: Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align
        and Translate", arXiv:1409.0473, section 5.2.1, for the picture.
    Guide: 6.2 (G38).
    """
    c, tokens = translator.model.config, translator.tokens
    if not -c.n_layers <= layer < c.n_layers:
        raise ValueError(f"attention_of: layer must be in 0..{c.n_layers - 1} or -1, got {layer}")
    if head is not None and not 0 <= head < c.n_heads:
        raise ValueError(f"attention_of: head must be in 0..{c.n_heads - 1}, got {head}")
    source, target = translator.sources([pair.source])[0], tokens.encode_target(pair.target)
    with evaluating(translator.model):
        layers = list(translator.model.cross_attention_weights(source[None], target[None, :-1]))
    heads = layers[layer][0]  # (H, T, S)
    weights = heads.mean(axis=0) if head is None else heads[head]
    return Attention(tokens.source.spelled(source), tokens.target.spelled(target[1:]), weights)


def links_of(attention: Attention) -> frozenset[Link]:
    """Each token of the target linked with the one of the source that it looks at most::

        a_t = argmax_s weights[t, s]        over the S - 1 tokens before [EOS]

    [EOS] of the target has no link.
    """
    weights = attention.weights[:-1, :-1]
    if not weights.size:
        return frozenset()
    return frozenset((int(s), t) for t, s in enumerate(weights.argmax(axis=1)))


def attention_links(
    translator: Translator, pairs: Sequence[Pair], *, layer: int = -1, head: int | None = None
) -> list[frozenset[Link]]:
    """The links of every pair, by ``attention_of`` and ``links_of``.

    Raises:
        ValueError: as ``attention_of``.
    Guide: 6.2 (G38).
    """
    return [links_of(attention_of(translator, one, layer=layer, head=head)) for one in pairs]
