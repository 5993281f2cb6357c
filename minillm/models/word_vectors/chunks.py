"""A text cut into parts that are learned from one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.models.word_vectors.sentences import Sentences
from minillm.models.word_vectors.settings import Word2VecSettings


class Chunk(NamedTuple):
    """Words whose pairs are shuffled together, and how much of the training lies before."""

    number: int  # from 0, through all passes
    text: Sentences
    before: float  # share of all passes, from 0 to 1
    after: float

    def rate(self, settings: Word2VecSettings, share: float) -> float:
        """The learning rate once a share of the chunk is done::

            rate max(least, 1 - done),      done = before + share (after - before)

        It falls on a line over all passes, as in word2vec.c.
        """
        done = self.before + share * (self.after - self.before)
        return settings.rate * max(settings.least_rate, 1.0 - done)


def n_chunks(text: Sentences, settings: Word2VecSettings) -> int:
    """How many chunks all passes have."""
    return -(-len(text.ids) // settings.chunk) * settings.epochs


def chunks(text: Sentences, settings: Word2VecSettings, start: int = 0) -> Iterator[Chunk]:
    """The chunks from number ``start`` on; each pass has the sentences in another order.

    A sentence that does not fit into a chunk is cut in two.
    """
    n, per_epoch = len(text.ids), n_chunks(text, settings) // settings.epochs
    for epoch in range(start // per_epoch, settings.epochs):
        rng = stream(settings.seed, "order of sentences", epoch)
        rank = rng.permutation(int(text.sentence.max()) + 1)
        places = np.argsort(rank[text.sentence], kind="stable")  # sentences stay whole
        for number in range(max(start - epoch * per_epoch, 0), per_epoch):
            begin = number * settings.chunk
            part = places[begin : begin + settings.chunk]
            before = epoch * n + begin
            shares = (words / (settings.epochs * n) for words in (before, before + len(part)))
            yield Chunk(epoch * per_epoch + number, text.only(part), *shares)
