"""The kinds of tokenisers there are, and how one is written into a file and read from it."""

from collections.abc import Mapping
from typing import Any

from minillm.text.byte_pairs import BytePairTokenizer
from minillm.text.tokenizers import CharacterTokenizer, Tokenizer, WordTokenizer
from minillm.text.wordpiece import WordPieceTokenizer

# kind -> class: read to make a tokeniser from a file
TOKENIZERS: dict[str, type[Tokenizer]] = {
    "word": WordTokenizer,
    "character": CharacterTokenizer,
    "byte_pairs": BytePairTokenizer,
    "wordpiece": WordPieceTokenizer,
}
WITHOUT_TRAINING = ("word", "character")  # kinds that learn nothing from texts


def tokenizer_kind(kind: str) -> type[Tokenizer]:
    """The class of tokenisers of a kind.

    Raises:
        ValueError: the kind is not in ``TOKENIZERS``.
    """
    if kind not in TOKENIZERS:
        raise ValueError(f"tokenizer must be one of {', '.join(TOKENIZERS)}, got {kind!r}")
    return TOKENIZERS[kind]


def new_tokenizer(kind: str) -> Tokenizer:
    """A tokeniser of a kind that learns nothing from texts.

    Raises:
        ValueError: the kind is not in ``TOKENIZERS``, or is one that has to be trained.
    """
    made = tokenizer_kind(kind)
    if kind not in WITHOUT_TRAINING:
        raise ValueError(
            f"a {kind} tokenizer has to learn its tokens first: {made.__name__}.train(texts, "
            f"size=...); without training there are {', '.join(WITHOUT_TRAINING)}"
        )
    return made()


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
