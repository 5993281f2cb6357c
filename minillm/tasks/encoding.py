"""From texts to framed ids, the same way in training and in prediction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.text import TOKENIZERS, Vocabulary, frame


@dataclass(frozen=True)
class TextEncoder:
    """Tokeniser, vocabulary and longest length: all that turns a text into a model's input.

    Raises:
        ValueError: ``tokenizer`` is no name in ``TOKENIZERS``.
    """

    tokenizer: str
    vocabulary: Vocabulary
    max_length: int

    def __post_init__(self) -> None:
        if self.tokenizer not in TOKENIZERS:
            known = ", ".join(TOKENIZERS)
            raise ValueError(f"tokenizer must be one of {known}, got {self.tokenizer!r}")

    def tokenize(self, texts: Iterable[str]) -> list[list[str]]:
        """The tokens of every text."""
        tokenizer = TOKENIZERS[self.tokenizer]()
        return [tokenizer.tokenize(text) for text in texts]

    def __call__(self, texts: Iterable[str]) -> list[np.ndarray]:
        """``[CLS] ids [SEP]`` of every text, cut to ``max_length``."""
        return [
            frame(self.vocabulary.encode(tokens), self.vocabulary, max_length=self.max_length)
            for tokens in self.tokenize(texts)
        ]

    @classmethod
    def build(
        cls,
        texts: Sequence[str],
        *,
        tokenizer: str,
        max_length: int,
        min_count: int = 1,
        max_size: int | None = None,
    ) -> TextEncoder:
        """An encoder whose vocabulary is that of ``texts``: training texts, and no others."""
        empty = cls(tokenizer, Vocabulary([]), max_length)
        tokens = empty.tokenize(texts)
        vocabulary = Vocabulary.build(tokens, min_count=min_count, max_size=max_size)
        return cls(tokenizer, vocabulary, max_length)

    def to_json(self) -> dict[str, Any]:
        """What ``from_json`` needs to build the same encoder."""
        ordinary = self.vocabulary.tokens[len(Vocabulary([])) :]
        return {
            "tokenizer": self.tokenizer,
            "max_length": self.max_length,
            "tokens": list(ordinary),
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> TextEncoder:
        """The encoder that ``to_json`` described."""
        return cls(saved["tokenizer"], Vocabulary(saved["tokens"]), saved["max_length"])
