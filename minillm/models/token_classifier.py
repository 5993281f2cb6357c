"""A tag for every word: an encoder under a head that reads the first piece of each.

Letters: B batch, T pieces, W words, D model width, K tags.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, moved_like
from minillm.models.bert import Bert, on_device
from minillm.models.crf import Crf
from minillm.nn import Dropout, Linear, Module, Neighbours
from minillm.nn.recomputing import through_blocks
from minillm.ops import IGNORE, cross_entropy, embedding, softmax


class TokenClassifier(Module):
    """Scores of the tags of every word, read off the vector of its first piece::

        e_w = drop(x_first(w)) U + c        x = Bert(ids)

    Without ``legal`` each word is tagged by itself: ``p(y | x) = prod_w softmax(e_w)[y_w]``.  With
    it, which steps from tag to tag are allowed, a ``Crf`` scores whole sequences of tags.

    With a ``radius`` the blocks read what ``Neighbours`` make of the pieces: from few sentences
    attention hardly learns which word is next to which.

    Shapes: ``ids, mask, segments (B, T)``; ``first (B, W)`` is where each word's first piece is,
    ``tags (B, W)``, with ``IGNORE`` behind the last word of a sentence.

    Raises:
        ValueError: fewer than two tags; ``legal`` is for another number of tags.
    Source: Devlin et al. 2019, "BERT", arXiv:1810.04805, section 5.3; with the Crf: Lample et al.
        2016, "Neural Architectures for Named Entity Recognition", arXiv:1603.01360, section 2.3.
    Guide: 6.4 (G39).
    """

    def __init__(
        self,
        bert: Bert,
        n_tags: int,
        *,
        rng: np.random.Generator,
        legal: np.ndarray | None = None,
        radius: int = 0,
    ):
        if n_tags < 2:
            raise ValueError(f"TokenClassifier: needs at least 2 tags, got {n_tags}")
        if legal is not None and len(legal) != n_tags + 1:
            raise ValueError(f"TokenClassifier: legal {legal.shape} is not for {n_tags} tags")
        width = bert.config.width
        self.bert = bert
        self.neighbours = Neighbours(width, radius, rng=rng) if radius else None
        self.dropout = Dropout(bert.config.dropout, rng=rng)
        self.output = Linear(width, n_tags, rng=rng)
        self.crf = None if legal is None else Crf(legal)

    def forward(self, ids: Array, mask: Array, segments: Array, first: Array) -> Tensor:
        """The emissions, (B, W, K); those behind the last word of a sentence are of no use."""
        hidden = self.hidden(ids, mask, segments)
        batch, length, width = hidden.shape
        rows = np.arange(batch)[:, None] * length
        places = on_device(rows + first, batch * length, "position", hidden.data)
        return self.output(self.dropout(embedding(hidden.reshape(-1, width), ids=places)))

    def hidden(self, ids: Array, mask: Array, segments: Array) -> Tensor:
        """The vectors of the pieces, (B, T, D); neighbours are mixed before the first block."""
        if self.neighbours is None:
            return self.bert(ids, mask, segments)
        x, attend = self.bert.embed(ids, mask, segments)
        x = self.neighbours(x, mask)
        return through_blocks(self.bert.blocks, x, mask=attend, recomputed=self.bert.recompute)

    def loss(
        self, ids: np.ndarray, mask: np.ndarray, segments: Array, first: Array, tags: np.ndarray
    ) -> Tensor:
        """-ln p of the true tags, for each word, in nats.

        Raises:
            ValueError: with a Crf, tags that it does not allow.
        """
        emissions = self(ids, mask, segments, first)
        if self.crf is not None:
            words = tags != IGNORE
            return self.crf.loss(emissions, np.where(words, tags, 0), words)
        n = emissions.shape[2]
        return cross_entropy(
            emissions.reshape(-1, n), targets=moved_like(tags.reshape(-1), emissions.data)
        )

    def decode(self, emissions: Array, words: Array) -> list[list[int]]:
        """The tags of every sentence: each word's best, or the best sequence.

        Shapes: emissions (B, W, K) on the host, ``words (B, W)`` True at words.
        """
        if self.crf is not None:
            return self.crf.decode(emissions, words)
        best = emissions.argmax(axis=2)
        return [row[real].tolist() for row, real in zip(best, words, strict=True)]

    def probabilities(self, emissions: Array, words: Array) -> Array:
        """The probability of each tag of each word, (B, W, K) -> (B, W, K)."""
        if self.crf is not None:
            return self.crf.probabilities(emissions, words)
        return softmax.rule(emissions, axis=2)[0]
