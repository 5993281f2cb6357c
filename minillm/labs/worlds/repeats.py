"""Texts of random tokens that come again: what follows can be known only from the text itself.

"d a f c | d a f c | d a": a block of random length and tokens, all different, repeated to the end.

Letters: N texts, T tokens, V tokens there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Repeats(NamedTuple):
    """Texts, and which of their tokens could be copied: all behind the first block."""

    ids: np.ndarray  # (N, T)
    copied: np.ndarray  # (N, T) boolean


@dataclass(frozen=True)
class RepeatedBlocks:
    """The world; blocks have from ``shortest`` to ``longest`` tokens."""

    tokens: int = 16
    length: int = 16
    shortest: int = 4
    longest: int = 8

    def draw(self, n: int, rng: np.random.Generator, *, repeated: bool = True) -> Repeats:
        """``n`` texts; of those that are not ``repeated`` every block is a new one.

        Raises:
            ValueError: blocks longer than there are tokens or than half a text, or of no token.
        """
        limit = min(self.tokens, self.length // 2)
        if not 1 <= self.shortest <= self.longest <= limit:
            raise ValueError(
                f"RepeatedBlocks: 1 <= shortest <= longest <= {limit} is needed, got "
                f"{self.shortest} and {self.longest}"
            )
        sizes = rng.integers(self.shortest, self.longest + 1, size=n)
        at = np.arange(self.length)
        block, place = at // sizes[:, None], at % sizes[:, None]
        orders = rng.random((n, self.length, self.tokens)).argsort(axis=2)
        rows = np.arange(n)[:, None]
        ids = orders[rows, np.zeros_like(block) if repeated else block, place]
        copied = np.broadcast_to(block > 0, ids.shape) & repeated
        return Repeats(ids, copied)
