"""Tokenisers that have learned their tokens, and the vocabulary that such a one brings along."""

from collections.abc import Iterable, Mapping
from typing import Protocol, Self, runtime_checkable

from minillm.text.special_tokens import BERT_SPECIAL
from minillm.text.tokenizers import Tokenizer
from minillm.text.vocabulary import Vocabulary


@runtime_checkable
class LearnedTokenizer(Tokenizer, Protocol):
    """What a tokeniser offers besides when it has learned its tokens from texts."""

    tokens: tuple[str, ...]

    @classmethod
    def train(cls, texts: Iterable[str], *, size: int, min_count: int = 2) -> Self:
        """The tokeniser that some training texts teach, with at most ``size`` tokens."""
        ...

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Start and stop in ``text`` of each token of ``tokenize(text)``."""
        ...


def own_vocabulary(
    tokenizer: LearnedTokenizer, *, special: Mapping[str, str] = BERT_SPECIAL
) -> Vocabulary:
    """The special tokens, then every token of a tokeniser, also those that no text has shown yet.

    Raises:
        ValueError: a special token is one that ordinary text yields.
    """
    tokens = set(tokenizer.tokens)
    for role, token in special.items():
        if token in tokens:
            raise ValueError(
                f"special: the {role} token {token!r} is also a token of ordinary text here; "
                "give the role to another one"
            )
    return Vocabulary(tokenizer.tokens, special=special)
