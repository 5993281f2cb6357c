"""Tokenisers of published models, read from the folder in which ``transformers`` keeps them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minillm.backend.folder_files import file_in
from minillm.text.byte_pairs import BytePairTokenizer
from minillm.text.published_settings import (
    Settings,
    added_tokens,
    more_special,
    read_settings,
    require_agreement,
    saved_in_vocabulary,
)
from minillm.text.tokenizer_files import (
    found_roles,
    known_merges,
    read_json_object,
    require_same_tokens,
    tokens_in_order,
    vocabulary_of,
    vocabulary_of_bytes,
)
from minillm.text.tokenizer_frames import BERT_FRAME, Frame, frame_of, with_flags
from minillm.text.tokenizer_json import add_tokens, checked_parts
from minillm.text.vocabulary import Vocabulary
from minillm.text.wordpiece import UNKNOWN, WordPieceTokenizer

Learned = WordPieceTokenizer | BytePairTokenizer
Builder = Callable[[Mapping[str, Any], list[str], Settings, Path], tuple[Learned, Vocabulary]]


@dataclass(frozen=True)
class PublishedTokenizer:
    """A published tokeniser as this library's own.

    ``frame`` are the roles of the tokens that its encoding puts before and after a text, such as
    ``("cls", "sep")``, each None where there is none; ``max_length`` is the number of ids that
    the model takes, frame included, or None; ``path`` is the file with the tokens.
    """

    tokenizer: Learned
    vocabulary: Vocabulary
    frame: Frame
    max_length: int | None
    path: Path


def read_published_tokenizer(folder: str | Path) -> PublishedTokenizer:
    """The tokeniser and the vocabulary of a published model, from the files in its folder::

        tokenizer.json                      both kinds: WordPiece as BERT has it, or
                                            byte-level BPE as GPT-2 has it
        vocab.txt                           WordPiece, where there is no tokenizer.json
        vocab.json, merges.txt              byte-level BPE, where there is none
        tokenizer_config.json, special_tokens_map.json, added_tokens.json      roles and settings

    The ids of a text are those that ``transformers`` gives, but for one thing: a special token
    that is written in a text, such as "[MASK]", is text here and never its id, as
    ``split_special_tokens=True`` has it there.  Every setting that would change ids and that the
    tokenisers of this library do not have is refused; none is passed over.

    Raises:
        ValueError: no such files; a file is damaged or contradicts another; a setting gives
            other ids, with its name and value.  The message begins with the file.
        OSError: as ``read_text``.
    Guide: 7.1.3, 7.2.3 (G59).
    """
    settings = read_settings(folder)
    path = file_in(folder, "tokenizer.json")
    if path:
        saved, source = read_json_object(path), path
    else:
        (saved, path), source = saved_in_vocabulary(folder, settings), settings.path
    parts = checked_parts(saved, source)
    require_agreement(parts, settings, source)
    model = parts["model"]
    if not isinstance(model["vocab"], dict):
        raise ValueError(f"{path}: model: vocab must be an object that gives each token its id")
    ids = dict(model["vocab"])
    for file, entries in ((path, saved.get("added_tokens") or []), *added_tokens(settings)):
        add_tokens(ids, entries, file)
    for token in more_special(settings):
        if token not in ids:
            raise ValueError(f"{source}: the special token {token!r} is not among the tokens")
    build: Builder = word_pieces if model["type"] == "WordPiece" else byte_pairs
    tokenizer, vocabulary = build(parts, tokens_in_order(ids, path), settings, path)
    frame = frame_of(saved.get("post_processor"), vocabulary, path)
    if path.name == "vocab.txt" and {*BERT_FRAME} <= vocabulary.special.keys():
        frame = BERT_FRAME  # of which such a folder says nothing
    frame = with_flags(frame, settings.values, vocabulary)
    return PublishedTokenizer(tokenizer, vocabulary, frame, settings.max_length, path)


def word_pieces(
    parts: Mapping[str, Any], tokens: list[str], settings: Settings, path: Path
) -> tuple[WordPieceTokenizer, Vocabulary]:
    """WordPiece: a special token, or one that is only added, is not a piece of any word."""
    roles = settings.roles({"unknown": UNKNOWN, **found_roles(tokens)})
    if roles.get("unknown") != UNKNOWN:
        raise ValueError(f"{path}: WordPiece needs {UNKNOWN} in the role unknown")
    vocabulary = vocabulary_of(tokens, roles, path)
    pieces = [token for token in vocabulary.ordinary if token in parts["model"]["vocab"]]
    if not pieces:
        raise ValueError(f"{path}: all {len(tokens)} tokens are special: there are no pieces")
    cleaning = parts["normalizer"]
    return WordPieceTokenizer(
        pieces, lower=cleaning["lowercase"], strip_accents=cleaning["strip_accents"]
    ), vocabulary


def byte_pairs(
    parts: Mapping[str, Any], tokens: list[str], settings: Settings, path: Path
) -> tuple[BytePairTokenizer, Vocabulary]:
    """Byte-level BPE: a token that no merge builds is never in a text, and may play a role."""
    merges = parts["model"]["merges"]
    if not isinstance(merges, list):
        raise ValueError(f"{path}: model: merges must be a list of pairs")
    where = [f"{path}: merge number {number}" for number in range(len(merges))]
    vocab = parts["model"]["vocab"]
    tokenizer = BytePairTokenizer(
        known_merges(merges, where, vocab, "the vocabulary"),
        add_prefix_space=parts["pre_tokenizer"]["add_prefix_space"],
    )
    apart = {*tokens} - {*tokenizer.tokens}
    roles = settings.roles(found_roles(apart))
    if roles.get("unknown") in (roles.get("bos"), roles.get("eos")):
        roles.pop("unknown", None)  # nothing is unknown: GPT-2's files name its only special token
    vocabulary = vocabulary_of_bytes(tokens, roles, path)
    try:
        require_same_tokens(tokenizer.tokens, vocabulary)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return tokenizer, vocabulary
