"""Pictures of digits at nine places, and captions that describe them in part.

"seven left top" tells all three things that a picture shows: digit, column and row.  A thing is
said with a given probability, and "something" stands for it otherwise; so it is known how many
pictures a caption fits, and how often anybody can find the right one.

Letters: N pictures, M captions, S pixels of a side, P pixels of a picture, S S.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.digits import Digits
from minillm.labs.worlds.listed import share

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
THINGS = [NAMES, ["left", "middle", "right"], ["top", "centre", "bottom"]]
WORDS = [*(word for words in THINGS for word in words), "something"]
COUNTS = np.array([len(words) for words in THINGS])
STARTS = np.cumsum(COUNTS) - COUNTS  # the id of the first word of each thing


class Pairs(NamedTuple):
    """Pictures and their captions, in the same order, and what each picture shows."""

    pixels: np.ndarray  # (N, P) float32
    captions: np.ndarray  # (N, 3) ids of WORDS
    shown: np.ndarray  # (N, 3) digit, column, row

    def only(self, chosen: np.ndarray | slice) -> Pairs:
        """Some of them."""
        return Pairs(*(field[chosen] for field in self))


@dataclass(frozen=True)
class Described:
    """The world: how digits are drawn, and how often each of three things is said.

    ``digits.shift`` is of no use here: the place is one of nine, each a pixel from the next.
    """

    told: float = 1.0
    digits: Digits = Digits(wobble=0.2)

    def draw(self, n: int, rng: np.random.Generator) -> Pairs:
        """``n`` random pictures with their captions.

        Raises:
            ValueError: ``told`` is not from 0 to 1; as ``Digits``.
        """
        told = share("told", self.told)
        drawn = replace(self.digits, shift=0, noise=0.0).draw(n, rng)
        places = rng.integers(3, size=(n, 2))
        self.digits.check()
        clean = moved(drawn.pixels, self.digits.side, places - 1)
        noisy = clean + self.digits.noise * rng.standard_normal(clean.shape)
        shown = np.concatenate([drawn.labels[:, None], places], axis=1)
        said = rng.random(shown.shape) < told
        captions = np.where(said, STARTS + shown, len(WORDS) - 1)
        return Pairs(np.clip(noisy, 0, 1).astype(np.float32), captions, shown)

    def text(self, caption: np.ndarray) -> str:
        """A caption in words."""
        return " ".join(WORDS[word] for word in caption)


def moved(pixels: np.ndarray, side: int, by: np.ndarray) -> np.ndarray:
    """Pictures moved by a pixel at most to the right and down, with nothing where they were.

    Shapes: ``pixels (N, P), by (N, 2) -> (N, P)``; ``by`` is -1, 0 or 1.
    """
    square = np.pad(pixels.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    down, across = np.arange(side)[:, None], np.arange(side)[None, :]
    rows = 1 + down - by[:, 1, None, None]
    columns = 1 + across - by[:, 0, None, None]
    found: np.ndarray = square[np.arange(len(square))[:, None, None], rows, columns]
    return found.reshape(len(pixels), side**2)


def fit(shown: np.ndarray, captions: np.ndarray) -> np.ndarray:
    """How well each caption fits each picture, as well as anybody can know::

        f = P(caption | picture) / P(caption) = product over what is said of   n if right else 0

    ``n`` is the number of values of the thing.  Who looks for the caption of one picture is right
    most often with the highest f; what is shown counts as read without a mistake.

    Shapes: ``shown (N, 3), captions (M, 3) -> (N, M)``.

    Guide: 8.1.2 (G50).
    """
    said = captions != len(WORDS) - 1
    right = captions[None] == (STARTS + shown)[:, None]
    found: np.ndarray = np.where(said[None], right * COUNTS, 1).prod(axis=2)
    return found
