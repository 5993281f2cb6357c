"""The kinds of tokenisers there are, and how one is written into a file and read from it."""

from collections.abc import Mapping
from typing import Any

from minillm.text.tokenizers import CharacterTokenizer, Tokenizer, WordTokenizer

# kind -> class: read to make a tokeniser from a file, and to offer kinds on the command line
TOKENIZERS: dict[str, type[Tokenizer]] = {"word": WordTokenizer, "character": CharacterTokenizer}


def tokenizer_kind(kind: str) -> type[Tokenizer]:
    """The class of tokenisers of a kind.

    Raises:
        ValueError: the kind is not in ``TOKENIZERS``.
    """
    if kind not in TOKENIZERS:
        raise ValueError(f"tokenizer must be one of {', '.join(TOKENIZERS)}, got {kind!r}")
    return TOKENIZERS[kind]


def tokenizer_to_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """Kind and state of a tokeniser, as they stand in files.

    Raises:
        ValueError: ``TOKENIZERS`` does not know the kind, or knows it as another class, so that
            nothing could read the file.
    """
    if TOKENIZERS.get(tokenizer.name) is not type(tokenizer):
        name = type(tokenizer).__name__
        raise ValueError(
            f"a {name} cannot be saved before TOKENIZERS[{tokenizer.name!r}] is {name}"
        )
    return {"kind": tokenizer.name, "state": tokenizer.to_json()}


def tokenizer_from_json(saved: Mapping[str, Any]) -> Tokenizer:
    """The tokeniser that ``tokenizer_to_json`` described.

    Raises:
        KeyError: kind or state is missing.
        ValueError: the kind is not in ``TOKENIZERS``.
    """
    return tokenizer_kind(saved["kind"]).from_json(saved["state"])
