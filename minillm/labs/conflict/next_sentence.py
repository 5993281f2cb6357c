"""BERT's second objective: does a sentence follow another?  Pairs of reviews, and a model of both.

Letters: B pairs, T positions, D model width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.models import Bert, MaskedLanguageModel
from minillm.nn import Linear
from minillm.ops import IGNORE, cross_entropy, embedding, gelu, linear, tanh
from minillm.text import Vocabulary, pad
from minillm.text.masking import mask_tokens


class Pairs(NamedTuple):
    """Pairs of sentences with hidden tokens, and what is asked of them."""

    ids: np.ndarray  # (B, T), some of them corrupted
    mask: np.ndarray  # (B, T)
    segments: np.ndarray  # (B, T), 0 for the first sentence and 1 for the second
    targets: np.ndarray  # (B, T), the hidden tokens, else IGNORE
    follows: np.ndarray  # (B,), 1 where the second sentence is of the same kind of text


class BertPretraining(MaskedLanguageModel):
    """BERT with both heads of its pretraining, which read the same vectors::

        hidden tokens:  softmax(LN(gelu(x W + b)) E' + c)
        next sentence:  softmax(tanh(x_cls U + d) V + e)

    Source: Devlin et al. 2019, "BERT", section 3.1, tasks 1 and 2.
    """

    def __init__(self, bert: Bert, *, rng: np.random.Generator):
        super().__init__(bert, rng=rng)
        self.pooler = Linear(bert.config.width, bert.config.width, rng=rng)
        self.output = Linear(bert.config.width, 2, rng=rng)

    def losses(self, pairs: Pairs) -> list[Tensor]:
        """Both mean cross-entropies in nats: of hidden tokens, of the next sentence."""
        hidden = self.hidden(pairs.ids, pairs.mask, pairs.segments)
        places = np.flatnonzero(pairs.targets != IGNORE)
        chosen = embedding(hidden.reshape(-1, hidden.shape[-1]), ids=places)
        words = linear(self.norm(gelu(self.transform(chosen))), self.bert.tokens.weight, self.bias)
        follows = self.output(tanh(self.pooler(hidden[:, 0, :])))
        return [
            cross_entropy(words, targets=pairs.targets.reshape(-1)[places]),
            cross_entropy(follows, targets=pairs.follows),
        ]


def draw_pairs(
    kinds: Sequence[Sequence[np.ndarray]],
    n: int,
    vocabulary: Vocabulary,
    *,
    rate: float,
    rng: np.random.Generator,
) -> Pairs:
    """``n`` pairs; in half of them both sentences are of one kind, in the others of two.

    The sentences are framed, ``[CLS] ... [SEP]``; a pair is ``[CLS] a [SEP] b [SEP]``.
    """
    follows = rng.integers(2, size=n)
    first = rng.integers(len(kinds), size=n)
    second = (first + np.where(follows == 1, 0, rng.integers(1, len(kinds), size=n))) % len(kinds)
    a, b = (
        [kinds[k][int(rng.integers(len(kinds[k])))] for k in map(int, chosen)]
        for chosen in (first, second)
    )
    ids, mask = pad([np.concatenate([x, y[1:]]) for x, y in zip(a, b, strict=True)])
    lengths = np.array([len(x) for x in a])[:, None]
    segments = ((np.arange(ids.shape[1]) >= lengths) & mask).astype(np.int64)
    corrupted, targets = mask_tokens(ids, mask, vocabulary, rng=rng, rate=rate)
    return Pairs(corrupted, mask, segments, targets, follows)
