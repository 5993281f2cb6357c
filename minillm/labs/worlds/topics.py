"""Sentences about planted topics, of which every chance is known exactly.

A sentence has a topic.  Each of its words is one of that topic's words with probability
``purity``, else a word of another topic.  At ``purity`` 1 topics never mix; at 1 / ``topics`` a
sentence says nothing of its topic, and words stand beside each other by chance.

Letters: K topics, V words of all topics.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.backend import quiet


@dataclass(frozen=True)
class Topics:
    """How many topics there are, how many words each has, and how pure sentences are.

    The r-th word of a topic is as frequent as ``r ** -skew``: at 0 all words are alike.

    Raises:
        ValueError: fewer than 2 topics or 1 word; a purity that is not from 1 / topics to 1.
    """

    topics: int = 2
    words: int = 10  # of each topic
    purity: float = 0.95
    skew: float = 0.0

    def __post_init__(self) -> None:
        if self.topics < 2 or self.words < 1:
            raise ValueError(
                f"Topics: needs 2 topics and a word of each, got {self.topics} and {self.words}"
            )
        if not 1 <= self.purity * self.topics <= self.topics:
            raise ValueError(
                f"Topics: purity must be from 1 / {self.topics} to 1, got {self.purity}"
            )

    @property
    def topic_of_word(self) -> np.ndarray:
        """The topic of each word, (V,)."""
        return np.repeat(np.arange(self.topics), self.words)

    @property
    def shares(self) -> np.ndarray:
        """How probable each word is in a sentence of each topic, (K, V)."""
        weights = np.arange(1.0, self.words + 1) ** -self.skew
        within = np.tile(weights / weights.sum(), self.topics)
        other = (1 - self.purity) / (self.topics - 1)
        own = np.arange(self.topics)[:, None] == self.topic_of_word
        found: np.ndarray = within * np.where(own, self.purity, other)
        return found

    def draw(self, n: int, length: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """``n`` sentences as ids, (n, length), and their topics, (n,)."""
        topics = rng.integers(self.topics, size=n)
        ends = np.cumsum(self.shares, axis=1)
        ends /= ends[:, -1:]
        lots = rng.random((n, length))
        ids = np.empty((n, length), dtype=np.int64)
        for topic in range(self.topics):
            chosen = topics == topic
            ids[chosen] = np.searchsorted(ends[topic], lots[chosen], side="right")
        return ids, topics

    @property
    def pair_chances(self) -> np.ndarray:
        """How probable it is that one word of a sentence is w and another one is c::

            P(w, c) = (1 / K) sum of P(w | topic) P(c | topic) over the topics

        Shapes: ``(V, V)``.
        """
        return self.shares.T @ self.shares / self.topics

    @property
    def pmi(self) -> np.ndarray:
        """``ln(P(w, c) / (P(w) P(c)))``, (V, V): 0 by chance alone, -inf where words never meet."""
        alone = self.shares.mean(axis=0)
        with quiet():
            found: np.ndarray = np.log(self.pair_chances / np.outer(alone, alone))
        return found
