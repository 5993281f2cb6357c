"""Pictures of digits and captions beside them, each with a planted part of the truth.

A picture shows a digit, or nothing.  A caption is three words, "SIZE COLOUR paper", and says the
colour, or not.  The answer is 0 or 1, by one of four rules::

    "picture"   the digit is odd
    "text"      the colour is blue
    "both"      the digit is odd or the colour is blue, but not both: either alone tells nothing
    "either"    the digit is odd, and the colour is blue just then: either alone tells all

What is the best that anybody can say is counted, for whoever sees both parts or one of them.

Letters: N pairs, P pixels, T words of a caption.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.digits import Digits
from minillm.labs.worlds.listed import share

RULES = ["picture", "text", "both", "either"]
PARTS = ["picture", "text"]
WORDS = ["large", "small", "red", "blue", "plain", "paper"]


class Captioned(NamedTuple):
    """Pictures, their captions, the answers, and what is hidden from whoever answers."""

    pixels: np.ndarray  # (N, P) float32
    captions: np.ndarray  # (N, T) ids of WORDS
    labels: np.ndarray  # (N,)
    shown: np.ndarray  # (N,) whether the picture shows the digit
    odd: np.ndarray  # (N,) whether the digit is odd
    blue: np.ndarray  # (N,) whether the colour is blue, said or not

    def only(self, chosen: np.ndarray | slice) -> Captioned:
        """Some of them."""
        return Captioned(*(field[chosen] for field in self))


@dataclass(frozen=True)
class Captions:
    """The world: a rule, how digits are drawn, and how often each part tells something.

    ``told`` is the share of captions that say the colour, ``shown`` that of pictures that show
    the digit.
    """

    rule: str = "both"
    told: float = 1.0
    shown: float = 1.0
    digits: Digits = Digits()

    def check(self) -> None:
        """Refuse a rule that there is not, and shares that are none.

        Raises:
            ValueError: the rule is unknown, or a share is not from 0 to 1.
        """
        if self.rule not in RULES:
            raise ValueError(f"Captions: rule must be one of {RULES}, got {self.rule!r}")
        share("told", self.told)
        share("shown", self.shown)

    def answer(self, odd: np.ndarray, blue: np.ndarray) -> np.ndarray:
        """What the rule says of a digit that is odd or not and a colour that is blue or not."""
        of_rule = {"picture": odd, "text": blue, "both": odd ^ blue, "either": odd}
        return of_rule[self.rule]

    def draw(self, n: int, rng: np.random.Generator) -> Captioned:
        """``n`` random pairs with their answers.

        Raises:
            ValueError: as ``check`` and ``Digits``.
        """
        self.check()
        drawn = self.digits.draw(n, rng)
        odd = drawn.labels % 2
        blue = odd if self.rule == "either" else rng.integers(2, size=n)
        shown, said = rng.random(n) < self.shown, rng.random(n) < self.told
        pixels = np.where(shown[:, None], drawn.pixels, self.digits.blank(n, rng))
        large, small, red, of_blue, plain, paper = range(len(WORDS))
        colour = np.where(said, np.where(blue, of_blue, red), plain)
        size = rng.choice([large, small], n)
        captions = np.stack([size, colour, np.full(n, paper)], axis=1)
        return Captioned(pixels, captions, self.answer(odd, blue), shown, odd, blue)

    def best(self, parts: Collection[str] = ("picture", "text")) -> float:
        """The highest accuracy that whoever sees these parts can have, by counting all cases::

            sum over what is seen of   max_y P(y, seen)

        A digit that is shown counts as read without a mistake: noise is not counted.

        Raises:
            ValueError: as ``check``; a part that there is not.
        """
        self.check()
        if not {*parts} <= {*PARTS}:
            raise ValueError(f"Captions.best: parts must be among {PARTS}, got {[*parts]}")
        chances: dict[tuple[object, object], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for odd, blue, shown, said in itertools.product((0, 1), repeat=4):
            if self.rule == "either" and odd != blue:
                continue
            chance = (1 / 2 if self.rule == "either" else 1 / 4) * (
                (self.shown if shown else 1 - self.shown) * (self.told if said else 1 - self.told)
            )
            seen = (
                odd if shown and "picture" in parts else None,
                blue if said and "text" in parts else None,
            )
            chances[seen][int(self.answer(np.array(odd), np.array(blue)))] += chance
        return sum(max(of_answers) for of_answers in chances.values())

    def text(self, caption: np.ndarray) -> str:
        """A caption in words."""
        return " ".join(WORDS[word] for word in caption)
