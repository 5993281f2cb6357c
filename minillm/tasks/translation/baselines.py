"""What a translator has to be better than: the source itself, and word for word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from minillm.tasks.translation.word_links import WordLinks
from minillm.text import Tokenizer
from minillm.text.parallel_files import Pair


class Translates(Protocol):
    """Whatever is compared: texts of one language in, texts of the other out."""

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The translation of every text."""


class CopySource:
    """The source, unchanged: names, numbers and full stops are right.

    Guide: 6.2 (G38).
    """

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The texts."""
        return list(texts)


class WordForWord:
    """Every word by the word that it is linked with most often, in the order of the source.

    Links are those of ``WordLinks``; an unknown word stays as it is.  It has a dictionary and no
    grammar: as many words come out as go in, each the same in every sentence.

    Raises:
        ValueError: as ``WordLinks``.
    Guide: 6.2 (G38).
    """

    def __init__(
        self, pairs: Sequence[Pair], source: Tokenizer, target: Tokenizer, *, rounds: int = 8
    ):
        self.source, self.target = source, target
        words = [(source.tokenize(s), target.tokenize(t)) for s, t in pairs]
        self.links = WordLinks(words, rounds=rounds)
        self.dictionary = self.links.dictionary()

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The translation of every text."""
        return [
            self.target.join(self.dictionary.get(w, w) for w in self.source.tokenize(text))
            for text in texts
        ]
