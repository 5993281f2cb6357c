"""Texts in which a token repeats the one that stood a known distance before.

What a reader of such a text can know depends on one thing alone: does it see that token?

Letters: N texts, L tokens, V tokens there are, T positions of a segment, M remembered ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DistantCopies:
    """The world: with probability ``strength`` a token is the one ``distance`` before, else any.

    At strength 0 a text is random, and there is nothing to be remembered.

    Raises:
        ValueError: fewer than two tokens, a distance below 1, a strength that is not in [0, 1).
    """

    tokens: int = 16
    distance: int = 4
    strength: float = 0.9

    def __post_init__(self) -> None:
        if self.tokens < 2 or self.distance < 1 or not 0.0 <= self.strength < 1.0:
            raise ValueError(
                "DistantCopies: two tokens, a distance of 1 and a strength in [0, 1) are needed, "
                f"got {self}"
            )

    @property
    def blind(self) -> float:
        """The least loss in nats of a reader who does not see the token before: ln V."""
        return float(np.log(self.tokens))

    @property
    def floor(self) -> float:
        """The least loss in nats of a reader who sees it::

            q = s + (1 - s)/V,   -q ln q - (V - 1) r ln r,   r = (1 - s)/V

        q is the probability of the copy, r that of each other token.
        """
        r = (1.0 - self.strength) / self.tokens
        q = self.strength + r
        return float(-q * np.log(q) - (self.tokens - 1) * r * np.log(r))

    def least(self, segment: int, memory: int) -> np.ndarray:
        """The least loss at each position of a segment, (T,), for who looks at M tokens before it::

            at position p the token p + 1 is asked for, whose source stands at p + 1 - distance

        The source is seen if that is -M or more.  That is the least by looking alone, as for a
        reader of one block.  Who remembers states that saw further can lose less, up to the
        positions that ``read_segment`` names; what is less than this was carried in states.
        """
        seen = np.arange(segment) + 1 - self.distance >= -memory
        return np.where(seen, self.floor, self.blind)

    def draw(self, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` texts, (N, L); the first ``distance`` tokens are random."""
        ids = rng.integers(self.tokens, size=(n, length))
        copied = rng.random((n, length)) < self.strength
        for t in range(self.distance, length):
            ids[:, t] = np.where(copied[:, t], ids[:, t - self.distance], ids[:, t])
        return np.asarray(ids)
