"""The kinds of tokenisers there are, and how one is written into a file and read from it."""

from collections.abc import Iterable, Mapping
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


def kind_and_size(words: str) -> tuple[str, int | None]:
    """A kind of tokenisers, and of those that learn, how many tokens: ``"byte_pairs:2000"``.

    Raises:
        ValueError: the kind is not in ``TOKENIZERS``; one that learns needs a size, which is
            missing or not a number, or one that does not learn was given one.
    """
    kind, colon, size = words.partition(":")
    tokenizer_kind(kind)
    if kind in WITHOUT_TRAINING:
        if colon:
            raise ValueError(f"a {kind} tokenizer learns nothing and has no size, got {words!r}")
        return kind, None
    if not (size.isascii() and size.isdigit()):
        raise ValueError(
            f"a {kind} tokenizer learns its tokens: say how many, such as {kind}:2000, "
            f"got {words!r}"
        )
    return kind, int(size)


def tokenizer_for(words: str, texts: Iterable[str], *, min_count: int = 2) -> Tokenizer:
    """The tokeniser that ``kind_and_size`` describes; one that learns is trained on ``texts``.

    Raises:
        ValueError: as ``kind_and_size``; the size is too small for a token of every byte or
            character.
    """
    kind, size = kind_and_size(words)
    made: Any = tokenizer_kind(kind)
    return made() if size is None else made.train(texts, size=size, min_count=min_count)


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
