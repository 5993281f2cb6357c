"""The same text with the words of one group in the place of another's, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

PAIR = 2


class WordSwap:
    """Exchanges the words of each pair in a text: "he saw her" becomes "she saw him".

    Whole words are found whatever their case, and a capital or a word in capitals stays one.  All
    are exchanged at once, so that nothing is exchanged back.  Twice is the text as it was, if its
    words are small, have one capital and it is the first letter, or are in capitals and of more
    than one letter, as are their partners: "hE" becomes "she", and "he" then.  Letters that are
    others when they are made small and large again stay as they are ("ſhe").  A word ends where
    there is no letter: in Chinese, spaces must part the words.

    Raises:
        ValueError: no pair, one that is not of two words, a word with blanks around it, or one
            that is in two pairs: it could not be exchanged back.
    Source: Lu, Mardziel, Wu, Amancharla & Datta 2018, "Gender Bias in Neural Natural Language
        Processing", arXiv:1807.11714 (counterfactual data augmentation).
    Guide: 8.2.3 (G55).
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]):
        self.other: dict[str, str] = {}
        for pair in pairs:
            if isinstance(pair, str) or len(pair) != PAIR or not all(map(is_word, pair)):
                raise ValueError(f"WordSwap: a pair must be two words, got {pair!r}")
            one, other = (word.lower() for word in pair)
            for word in (one, other):
                if word in self.other or one == other:
                    raise ValueError(f"WordSwap: {word!r} is in two places of pairs")
            self.other |= {one: other, other: one}
        if not self.other:
            raise ValueError("WordSwap: pairs must have at least one pair, got none")
        longest_first = sorted(self.other, key=len, reverse=True)
        words = "|".join(re.escape(word) for word in longest_first)
        self.pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """The text with the words exchanged."""
        return self.pattern.sub(self.exchanged, text)

    def exchanged(self, found: re.Match[str]) -> str:
        """The other word in the case of the found one; "ſhe" is like "she", and none of ours."""
        other = self.other.get(found[0].lower())
        return found[0] if other is None else cased(other, found[0])


def is_word(given: object) -> bool:
    """Whether it is a text that can stand between two blanks."""
    return isinstance(given, str) and bool(given) and given == given.strip()


def cased(word: str, like: str) -> str:
    """A word in the case of another: capitals, a capital, or none."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word
