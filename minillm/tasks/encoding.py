"""From texts to framed ids, the same way in training and in prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.text import (
    LearnedTokenizer,
    Tokenizer,
    Vocabulary,
    frame,
    own_vocabulary,
    tokenizer_from_json,
    tokenizer_to_json,
)
from minillm.text.cleaning import require_texts


@dataclass(frozen=True)
class TextEncoder:
    """Tokeniser, vocabulary and longest length: all that turns a text into a model's input.

    Every text stands between the tokens of two ``roles``: those of a GPT are bos and eos.

    Raises:
        TypeError: ``tokenizer`` is a name, a class or a function instead of a tokeniser;
            ``vocabulary`` is not one.
        ValueError: the vocabulary has no token of one of the roles; ``max_length`` leaves no room
            for a token between them.
    """

    tokenizer: Tokenizer
    vocabulary: Vocabulary
    max_length: int
    roles: tuple[str, str] = ("cls", "sep")

    def __post_init__(self) -> None:
        require_tokenizer(self.tokenizer)
        if not isinstance(self.vocabulary, Vocabulary):
            kind = type(self.vocabulary).__name__
            raise TypeError(f"vocabulary must be a Vocabulary, got a {kind}")
        self.frame([])  # fails now rather than later

    def tokenize(self, texts: Iterable[str]) -> list[list[str]]:
        """The tokens of every text.

        Raises:
            TypeError: one text in the place of many.
        """
        require_texts(texts)
        return [self.tokenizer.tokenize(text) for text in texts]

    def __call__(self, texts: Iterable[str]) -> list[np.ndarray]:
        """``[CLS] ids [SEP]`` of every text, cut to ``max_length``."""
        return [self.frame(self.vocabulary.encode(tokens)) for tokens in self.tokenize(texts)]

    def frame(self, ids: Any) -> np.ndarray:
        """The ids between the tokens of the roles."""
        return frame(ids, self.vocabulary, max_length=self.max_length, roles=self.roles)

    def count_cut(self, texts: Iterable[str]) -> int:
        """How many texts have more tokens than ``max_length`` leaves room for."""
        return sum(len(tokens) + 2 > self.max_length for tokens in self.tokenize(texts))

    @classmethod
    def build(
        cls,
        texts: Sequence[str],
        *,
        tokenizer: Tokenizer,
        max_length: int,
        min_count: int = 1,
        max_size: int | None = None,
    ) -> TextEncoder:
        """An encoder whose vocabulary is that of ``texts``: training texts, and no others.

        A tokeniser that has learned its tokens, from training texts too, brings all of them.

        Raises:
            ValueError: such a tokeniser, with ``min_count`` or ``max_size``, which are to be said
                when it is trained.
            TypeError: as the constructor; ``texts`` is one text.
        """
        require_tokenizer(tokenizer)
        require_texts(texts)
        if isinstance(tokenizer, LearnedTokenizer):
            if min_count != 1 or max_size is not None:
                raise ValueError(
                    f"a {tokenizer.name} tokenizer has its tokens already: min_count and size are "
                    f"for its training, got min_count={min_count}, max_size={max_size}"
                )
            return cls(tokenizer, own_vocabulary(tokenizer), max_length)
        tokens = [tokenizer.tokenize(text) for text in texts]
        vocabulary = Vocabulary.build(tokens, min_count=min_count, max_size=max_size)
        return cls(tokenizer, vocabulary, max_length)

    def to_json(self) -> dict[str, Any]:
        """What ``from_json`` needs to build the same encoder, the tokeniser's state included.

        Raises:
            ValueError: the tokeniser is of a kind that ``TOKENIZERS`` does not know.
        """
        return {
            "tokenizer": tokenizer_to_json(self.tokenizer),
            "vocabulary": self.vocabulary.to_json(),
            "max_length": self.max_length,
            "roles": list(self.roles),
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> TextEncoder:
        """The encoder that ``to_json`` described.

        Raises:
            KeyError: a part is missing.
            ValueError: the tokeniser is of a kind that ``TOKENIZERS`` does not know.
        """
        tokenizer = tokenizer_from_json(saved["tokenizer"])
        first, last = saved.get("roles", cls.roles)  # older files have none
        vocabulary = Vocabulary.from_json(saved["vocabulary"])
        return cls(tokenizer, vocabulary, saved["max_length"], (first, last))


def require_tokenizer(tokenizer: Any) -> None:
    """Refuse a name, a class or a function in the place of a tokeniser."""
    if isinstance(tokenizer, type) or not hasattr(tokenizer, "tokenize"):
        raise TypeError(f"tokenizer must be an object such as WordTokenizer(), got {tokenizer!r}")
