"""The tokens of a language model: a tokeniser, and a vocabulary with the marks of documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from minillm.text import (
    GPT_SPECIAL,
    BytePairTokenizer,
    LearnedTokenizer,
    Tokenizer,
    Vocabulary,
    own_vocabulary,
    tokenizer_for,
)
from minillm.text.documents import Document

UNKNOWN = {"unknown": "[UNK]"}


def language_tokens(
    words: str, texts: Sequence[str], *, min_count: int = 2
) -> tuple[Tokenizer, Vocabulary]:
    """The tokeniser that ``words`` name, such as "byte_pairs:1000", and all its tokens.

    Beside those of text the vocabulary has the special ones of ``GPT_SPECIAL``; and, unless
    every byte has a token, one for what is unknown.

    Raises:
        ValueError: as ``tokenizer_for``; no token is frequent enough.
    """
    tokenizer = tokenizer_for(words, texts, min_count=min_count)
    special = {**({} if isinstance(tokenizer, BytePairTokenizer) else UNKNOWN), **GPT_SPECIAL}
    if isinstance(tokenizer, LearnedTokenizer):
        return tokenizer, own_vocabulary(tokenizer, special=special)
    vocabulary = Vocabulary.build(
        map(tokenizer.tokenize, texts), min_count=min_count, special=special
    )
    if not vocabulary.ordinary_ids.size:
        raise ValueError(f"no token of the texts occurs min_count = {min_count} times")
    return tokenizer, vocabulary


def plain_texts(documents: Iterable[Document]) -> list[str]:
    """What is written in documents, without the marks of a conversation."""
    return list(
        chain.from_iterable(
            [one] if isinstance(one, str) else [message.content for message in one]
            for one in documents
        )
    )
