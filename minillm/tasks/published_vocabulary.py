"""The vocabulary of a published model: its roles, and a token for every row of its table."""

from __future__ import annotations

from pathlib import Path

from minillm.models.published import Published
from minillm.models.published.settings import CONFIG
from minillm.text import Vocabulary

NAMELESS = "<|no token {}|>"  # stands for a row of the table for which no file has a token


def with_ends(vocabulary: Vocabulary, published: Published, folder: str | Path) -> Vocabulary:
    """The vocabulary with bos and eos: as the tokeniser's files say, else as ``config.json`` does.

    Raises:
        ValueError: neither does.
    """
    roles = dict(vocabulary.special)
    for role in ("bos", "eos"):
        number = published.settings.get(f"{role}_token_id")
        number = number[0] if isinstance(number, list) and number else number
        if role not in roles and type(number) is int and 0 <= number < len(vocabulary):
            roles[role] = vocabulary.tokens[number]
        if role not in roles:
            raise ValueError(
                f"{folder}: no token has the role {role}: neither the files of the tokenizer name "
                f"{role}_token nor {CONFIG} {role}_token_id"
            )
    return Vocabulary.from_json({"tokens": vocabulary.tokens, "special": roles})


def filled(vocabulary: Vocabulary, size: int, folder: str | Path) -> Vocabulary:
    """The vocabulary with a name for every row of a table that has more rows than there are tokens.

    Raises:
        ValueError: there are more tokens than rows.
    """
    n = len(vocabulary)
    if n > size:
        raise ValueError(
            f"{folder}: the tokenizer has {n} tokens, but the model was made for {size}: they do "
            "not belong together"
        )
    names = [NAMELESS.format(i) for i in range(n, size)]
    tokens = [*vocabulary.tokens, *names]
    return Vocabulary.from_json({"tokens": tokens, "special": vocabulary.special})


def without_filling(vocabulary: Vocabulary) -> Vocabulary:
    """The way back from ``filled``."""
    tokens = list(vocabulary.tokens)
    while tokens and tokens[-1] == NAMELESS.format(len(tokens) - 1):
        tokens.pop()
    return Vocabulary.from_json({"tokens": tokens, "special": vocabulary.special})
