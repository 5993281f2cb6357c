"""Texts to ids and back, by any tokeniser and its vocabulary."""

import re
from collections.abc import Collection
from typing import Any

import numpy as np

from minillm.text.tokenizers import Tokenizer
from minillm.text.vocabulary import Vocabulary


def encode_text(
    text: str, tokenizer: Tokenizer, vocabulary: Vocabulary, *, recognise: Collection[str] = ()
) -> np.ndarray:
    """The ids of a text, ``(T,)`` ``int64``, without any frame::

        "a<|endoftext|>b"   recognise=()                   ->  the ids of thirteen letters and signs
                            recognise=["<|endoftext|>"]    ->  a, the one id of the end, b

    A special token that is written in a text is text: what somebody typed must not end a
    document or hide a word.  Only those named in ``recognise`` are taken for what they are, in
    texts that the program has put together itself, such as the turns of a conversation.

    Raises:
        ValueError: ``recognise`` names a token that is not special in this vocabulary; else as
            ``Vocabulary.encode``.
        TypeError: ``text`` is not a string; ``recognise`` is one.
    """
    if not recognise:
        return vocabulary.encode(tokenizer.tokenize(text))
    require_special(recognise, vocabulary)
    longest_first = sorted(recognise, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", text)
    ids = [
        np.array([vocabulary.token_to_id[part]])
        if place % 2
        else vocabulary.encode(tokenizer.tokenize(part))
        for place, part in enumerate(parts)
    ]
    return np.concatenate(ids)


def decode_ids(
    ids: Any, tokenizer: Tokenizer, vocabulary: Vocabulary, *, skip_special: bool = False
) -> str:
    """The text of some ids, with or without the special tokens among them.

    Raises:
        IndexError, TypeError, ValueError: as ``Vocabulary.decode``.
    """
    tokens = vocabulary.decode(ids)
    if skip_special:
        tokens = [token for token in tokens if token in vocabulary.ordinary]
    return tokenizer.join(tokens)


def require_special(tokens: Collection[str], vocabulary: Vocabulary) -> None:
    """Refuse tokens to recognise that play no role in a vocabulary."""
    if isinstance(tokens, str):
        raise TypeError(f"recognise must be a list of tokens, got the text {tokens!r}")
    special = dict.fromkeys(vocabulary.special.values())
    for token in tokens:
        if token not in special:
            there = ", ".join(special) or "(none)"
            raise ValueError(f"recognise: {token!r} is not special here; special: {there}")
