"""What a translator has to be better than: the source itself, and word for word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, Self

from minillm.tasks.metrics.translation_tokens import tokens_zh
from minillm.tasks.translation.word_links import WordLinks
from minillm.text import WordTokenizer
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


class WordsAndSigns:
    """Words and signs as scores part them: large letters stay, Chinese characters are words."""

    def tokenize(self, text: str) -> list[str]:
        """The words of a text."""
        return tokens_zh(text)

    def join(self, words: Iterable[str]) -> str:
        """A text to be read by people: no blank beside Chinese nor before a full stop."""
        return WordTokenizer().join(words)


class WordForWord:
    """Every word by the word that it is linked with most often, in the order of the source.

    ``dictionary`` is that of ``WordLinks``; an unknown word stays as it is.  It knows no grammar:
    as many words come out as go in, each the same in every sentence.

    Guide: 6.2 (G38).
    """

    def __init__(self, dictionary: Mapping[str, str]):
        self.dictionary, self.words = dict(dictionary), WordsAndSigns()

    @classmethod
    def learn(cls, pairs: Sequence[Pair], *, rounds: int = 8) -> Self:
        """The dictionary that pairs of sentences teach.

        Raises:
            ValueError: as ``WordLinks``.
        """
        part = WordsAndSigns().tokenize
        links = WordLinks([(part(s), part(t)) for s, t in pairs], rounds=rounds)
        return cls(links.dictionary())

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The translation of every text."""
        return [
            self.words.join(self.dictionary.get(word, word) for word in self.words.tokenize(text))
            for text in texts
        ]
