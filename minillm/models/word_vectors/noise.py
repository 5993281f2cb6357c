"""Words drawn by their frequency, which the word that stood there is told from."""

from __future__ import annotations

import numpy as np

from minillm.backend.ids import integer_array
from minillm.models.word_vectors.settings import between


def noise_probabilities(counts: np.ndarray, power: float = 0.75) -> np.ndarray:
    """How probable each word is as a negative::

        P_n(w) = U(w)^power / sum of U(w')^power over all w',      U(w) = count(w) / N

    With a power below 1 rare words come more often than in the text: of two words, one of them a
    hundred times as frequent, it is drawn 31.6 times as often.  A word that was never counted is
    never drawn.

    Shapes: ``counts (V,) -> (V,)``.

    Raises:
        ValueError: no counts, a negative one, or fewer than two words that occur: then every
            negative would be the word that stood there.
        TypeError: counts that are not integers.
    Source: Mikolov et al. 2013, arXiv:1310.4546, section 2.2.
    Guide: 4.1.1 (G9).
    """
    counts = integer_array(counts, name="count")
    between("noise_power", power, -np.inf, np.inf)
    if counts.ndim != 1 or (counts < 0).any():
        raise ValueError(f"counts must be (V,) numbers of at least 0, got {counts.shape}")
    occurs = counts > 0
    if occurs.sum() < 2:
        raise ValueError(
            f"negatives need at least two words that occur, got {occurs.sum()} of {len(counts)}"
        )
    weights = np.zeros(len(counts))
    weights[occurs] = counts[occurs].astype(float) ** power
    found: np.ndarray = weights / weights.sum()
    return found


class Noise:
    """Draws words with the probabilities of ``noise_probabilities``, by inverting their sums::

        w = the first one with  P_n(0) + ... + P_n(w) > r,       r uniform in [0, 1)

    That is exact up to the rounding of a float64; word2vec.c looks words up in a table of 10^8
    places, where each word has about its share of them.

    Raises:
        ValueError, TypeError: as ``noise_probabilities``.
    """

    def __init__(self, counts: np.ndarray, power: float = 0.75):
        self.probabilities = noise_probabilities(counts, power)
        sums = np.cumsum(self.probabilities)
        self.ends = sums / sums[-1]  # the last word that occurs, and those behind it, end at 1

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Words, independent of each other, in this shape."""
        return np.searchsorted(self.ends, rng.random(shape), side="right")
