"""Sentences whose first letter comes back at their end, far behind: ``C 4 5 4 3 4 . c``.

How well such sentences can be foretold is known exactly: for a reader of everything, and for one
who sees only the last few tokens, as n-grams do.  Letters: K kinds of letters, m digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Echoes:
    """A capital, ``least`` to ``most`` digits, a full stop, and the capital's small letter.

    All K capitals, all numbers of digits and all first digits are equally probable; then a digit
    is followed by the next one or the one before, 9 by 0 or 8, with equal probability.

    Ids: the K capitals, the K small letters, the ten digits, the full stop.
    """

    kinds: int = 8
    least: int = 2
    most: int = 18

    @property
    def size(self) -> int:
        """The number of tokens."""
        return 2 * self.kinds + 11

    @property
    def stop(self) -> int:
        """The id of the full stop."""
        return self.size - 1

    @cached_property
    def lengths(self) -> range:
        """The possible numbers of digits."""
        return range(self.least, self.most + 1)

    def spelled(self, ids: np.ndarray) -> str:
        """A sentence with its tokens a blank apart."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: self.kinds]
        return " ".join((letters + letters.lower() + "0123456789.")[i] for i in ids)


def draw(world: Echoes, digits: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A sentence for each number of digits, its capital and its digits at random."""
    sentences = []
    for m in digits:
        kind = rng.integers(world.kinds)
        moves = 2 * rng.integers(2, size=m) - 1
        moves[0] = rng.integers(10)
        walk = 2 * world.kinds + np.cumsum(moves) % 10
        sentences.append(np.array([kind, *walk, world.stop, world.kinds + kind]))
    return sentences


def texts(world: Echoes, number: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Sentences of the language."""
    return draw(world, rng.integers(world.least, world.most + 1, size=number), rng)


def of_every_length(world: Echoes, each: int, rng: np.random.Generator) -> list[np.ndarray]:
    """As many sentences of every length, the shortest first: nothing of lengths is left to luck."""
    return draw(world, np.repeat(world.lengths, each), rng)


def entropy(world: Echoes) -> float:
    """The least loss: nats for each token behind the capital, of a reader who sees everything::

        (ln 10 + (M - 1) ln 2 + ln n) / (M + 2)

    M is the mean number of digits and n that of the possible ones.  The last letter costs nothing.
    """
    mean = (world.least + world.most) / 2
    nats = np.log(10) + (mean - 1) * np.log(2) + np.log(len(world.lengths))
    return float(nats / (mean + 2))


def least_loss(world: Echoes, window: int) -> float:
    """The least loss of a reader who sees only ``window`` tokens before the one to foretell.

    As long as it sees the capital it knows everything.  Without it, it knows neither how many
    digits there were, so that one share says how often a digit is the last, nor the letter.

    Raises:
        ValueError: the window is empty.
    """
    if window < 1:
        raise ValueError(f"window must be at least 1, got {window}")
    nats, last, further = 0.0, 0, 0  # of all lengths together; what was foretold in the dark
    for m in world.lengths:
        nats += np.log(10)
        for place in range(2, m + 2):  # behind the digit at place - 1
            nats += np.log(2) * (place <= m)
            if place <= window:
                nats += surprise(world, place - 1, ends=place > m)
            else:
                last, further = last + (place > m), further + (place <= m)
        nats += np.log(world.kinds) * (m + 2 > window)
    for count in (last, further):
        nats += count * np.log((last + further) / count) if count else 0.0
    return float(nats / sum(m + 2 for m in world.lengths))


def surprise(world: Echoes, digits: int, *, ends: bool) -> float:
    """-ln p that so many digits are all, or are not, for a reader who has counted them."""
    going = world.most - digits + 1  # lengths that are still possible
    if digits < world.least:
        return 0.0
    return float(np.log(going) if ends else np.log(going / (going - 1)))


def surprises(world: Echoes, sentences: list[np.ndarray]) -> float:
    """-ln p of some sentences behind their capitals, for each token: what the truth would lose."""
    nats = [
        np.log(10) + (len(one) - 4) * np.log(2) + np.log(len(world.lengths)) for one in sentences
    ]
    return float(np.sum(nats) / sum(len(one) - 1 for one in sentences))
