"""Which word of one language stands for which of the other: counted, without any network.

Letters: e words of the source, f words of the target, S and T words of a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from minillm.tasks.metrics.alignment import Link

Words = Sequence[str]
NOTHING = 0  # the number of the source's empty word, which stands in every sentence


class WordLinks:
    """IBM Model 1: every target word comes from one source word, or from nothing::

        p(f_1 ... f_T | e_1 ... e_S) ~ Π_t (1 / (S + 1)) Σ_{s=0..S} p(f_t | e_s)
        share of link (s, t) = p(f_t | e_s) / Σ_s' p(f_t | e_s')            expectation
        p(f | e) = Σ shares of links of f with e / Σ shares of links of e   maximisation

    Nobody tells it the links: where "house" stands, "Haus" does, and what explains one
    sentence need not explain the others.  The order of the words does not count at all.

    ``probabilities`` are p(f | e) of the pairs of words that stand in one sentence somewhere, and
    ``counts`` the shares that led to them; ``log_likelihoods`` has one number for each round.

    Raises:
        ValueError: no pair, or no round.
    Source: Brown, Della Pietra, Della Pietra & Mercer 1993, "The Mathematics of Statistical
        Machine Translation: Parameter Estimation", Computational Linguistics 19(2), section 4.
    Guide: 6.2 (G38).
    """

    def __init__(self, pairs: Sequence[tuple[Words, Words]], *, rounds: int = 8):
        if not pairs or rounds < 1:
            raise ValueError(
                f"WordLinks: needs pairs and a round at least, got {len(pairs)} and {rounds}"
            )
        sources, targets = [s for s, _ in pairs], [t for _, t in pairs]
        self.source_words = ["", *sorted(set(chain.from_iterable(sources)))]
        self.target_words = sorted(set(chain.from_iterable(targets)))
        self.source_ids = {word: i for i, word in enumerate(self.source_words)}
        self.target_ids = {word: i for i, word in enumerate(self.target_words)}
        keys, places, self.n_choices = self.possible_links(pairs)
        self.keys, cells = np.unique(keys, return_inverse=True)
        self.e, self.f = np.divmod(self.keys, max(len(self.target_words), 1))
        self.probabilities: np.ndarray = np.full(
            len(self.keys), 1.0 / max(len(self.target_words), 1)
        )
        self.counts: np.ndarray = np.zeros(len(self.keys))
        self.log_likelihoods: list[float] = []
        for _ in range(rounds):
            self.round(cells, places)

    def possible_links(
        self, pairs: Sequence[tuple[Words, Words]]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of every pair of words of a sentence its number and the target place, and the S + 1."""
        keys, places, choices, first = [], [], [], 0
        for source, target in pairs:
            e = np.array([NOTHING, *(self.source_ids[word] for word in source)])
            f = np.array([self.target_ids[word] for word in target], dtype=np.int64)
            keys.append((e[None, :] * len(self.target_words) + f[:, None]).ravel())
            places.append(np.repeat(np.arange(first, first + len(f)), len(e)))
            choices.append(np.full(len(f), len(e)))
            first += len(f)
        return np.concatenate(keys), np.concatenate(places), np.concatenate(choices)

    def round(self, cells: np.ndarray, places: np.ndarray) -> None:
        """Expectation and maximisation."""
        p = self.probabilities[cells]
        total = np.bincount(places, p, minlength=len(self.n_choices))  # of every target place
        self.log_likelihoods.append(float(np.log(total / self.n_choices).sum()))
        self.counts = np.bincount(cells, p / total[places], minlength=len(self.keys))
        self.probabilities = self.counts / np.bincount(self.e, self.counts)[self.e]

    def probability(self, f: str, e: str) -> float:
        """p(f | e), 0 for words that never stood in one sentence; "" is the empty word."""
        if e not in self.source_ids or f not in self.target_ids:
            return 0.0
        key = self.source_ids[e] * len(self.target_words) + self.target_ids[f]
        place = int(np.searchsorted(self.keys, key))
        found = place < len(self.keys) and self.keys[place] == key
        return float(self.probabilities[place]) if found else 0.0

    def dictionary(self) -> dict[str, str]:
        """For every source word the target word that it is linked with most often."""
        order = np.lexsort((-self.f, self.counts))  # of equal counts, the first word comes last
        best = {int(self.e[i]): int(self.f[i]) for i in order}
        return {self.source_words[e]: self.target_words[f] for e, f in best.items() if e != NOTHING}

    def links(self, source: Words, target: Words) -> frozenset[Link]:
        """Each target word with the source word that explains it best; none where nothing does."""
        found = set()
        for t, f in enumerate(target):
            shares = [self.probability(f, e) for e in ("", *source)]
            s = int(np.argmax(shares))
            if s != NOTHING and shares[s] > 0:
                found.add((s - 1, t))
        return frozenset(found)
