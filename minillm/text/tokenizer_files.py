"""Tokenisers in published files: ``vocab.txt``, or ``vocab.json`` with ``merges.txt``."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically
from minillm.text.byte_alphabet import ALPHABET
from minillm.text.byte_pairs import BytePairTokenizer, first_bad_merge
from minillm.text.reading import read_lines, read_text
from minillm.text.special_tokens import GPT_SPECIAL, bracketed
from minillm.text.vocabulary import Vocabulary
from minillm.text.wordpiece import UNKNOWN, WordPieceTokenizer

GPT2_SPECIAL: Mapping[str, str] = {role: GPT_SPECIAL[role] for role in ("bos", "eos")}
VERSION = "#version: 0.2"  # how merges.txt begins


def read_wordpiece(
    path: str | Path, *, lower: bool = True, special: Mapping[str, str] | None = None
) -> tuple[WordPieceTokenizer, Vocabulary]:
    """The tokeniser and the vocabulary of a ``vocab.txt``: a piece a line, in order of the ids.

    The file does not say whether it is uncased: ``lower`` does.  The roles are ``special``, or
    those of BERT's special tokens that are there.

    Raises:
        ValueError: no token plays the role unknown, or it is not [UNK]; there are no pieces; as
            ``Vocabulary.load``, with file and line.
        OSError: as ``read_text``.
    """
    vocabulary = Vocabulary.load(path, special=special)
    if vocabulary.special.get("unknown") != UNKNOWN:
        raise ValueError(f"{path}: WordPiece needs {UNKNOWN} in the role unknown")
    if not vocabulary.ordinary:
        raise ValueError(f"{path}: all {len(vocabulary)} tokens are special: there are no pieces")
    return WordPieceTokenizer(vocabulary.ordinary, lower=lower), vocabulary


def write_wordpiece(
    path: str | Path, tokenizer: WordPieceTokenizer, vocabulary: Vocabulary
) -> None:
    """Write ``vocab.txt``, which ``read_wordpiece`` reads.

    Raises:
        ValueError: tokeniser and vocabulary do not belong together; as ``Vocabulary.save``.
        OSError: the file cannot be written.
    """
    require_same_tokens(tokenizer.tokens, vocabulary)
    vocabulary.save(path)


def read_byte_pairs(
    vocab: str | Path,
    merges: str | Path,
    *,
    special: Mapping[str, str] | None = None,
    apart: Collection[str] = (),
) -> tuple[BytePairTokenizer, Vocabulary]:
    """The tokeniser of a ``merges.txt`` and the vocabulary of its ``vocab.json``.

    The files do not say which tokens are special: ``special`` does, or else those of GPTs and
    BERT are, as far as they are there.  Every other token must be a byte or what a merge
    builds, or be named in ``apart``: some published files hold names that nothing uses.

    Raises:
        ValueError: a file is empty, not UTF-8 or not in its format; ids have gaps or occur twice;
            a merge names or builds a token that is unknown; a token is built by no merge.  The
            message begins with the file, and with the line where there is one.
        OSError: as ``read_text``.
    """
    tokens = read_ids(vocab)
    tokenizer = BytePairTokenizer(read_merges(merges, tokens, vocab))
    roles = found_roles(tokens) if special is None else special
    try:
        vocabulary = Vocabulary.from_json({"tokens": tokens, "special": roles})
    except ValueError as error:
        raise ValueError(f"{vocab}: {error}") from error
    missing = [character for character in ALPHABET if character not in vocabulary.ordinary]
    if missing:
        raise ValueError(
            f"{vocab}: {len(missing)} of the 256 bytes have no token, the first is {missing[0]!r}: "
            "some texts could not be written"
        )
    unbuilt = vocabulary.ordinary.keys() - {*tokenizer.tokens, *apart}
    if unbuilt:
        first = min(unbuilt, key=vocabulary.ordinary.__getitem__)
        raise ValueError(
            f"{vocab}: token {first!r} with id {vocabulary.ordinary[first]} is built by no merge "
            f"of {merges} ({len(unbuilt)} such tokens): is that file cut off?  Roles are named in "
            "special=, other tokens in apart="
        )
    return tokenizer, vocabulary


def write_byte_pairs(
    vocab: str | Path, merges: str | Path, tokenizer: BytePairTokenizer, vocabulary: Vocabulary
) -> None:
    """Write ``vocab.json`` and ``merges.txt``, which ``read_byte_pairs`` reads.

    Raises:
        ValueError: tokeniser and vocabulary do not belong together.
        OSError: a file cannot be written.
    """
    require_same_tokens(tokenizer.tokens, vocabulary)
    text = json.dumps(vocabulary.token_to_id, ensure_ascii=False)
    write_atomically(vocab, text.encode())
    lines = [VERSION, *(" ".join(pair) for pair in tokenizer.merges)]
    write_atomically(merges, "".join(f"{line}\n" for line in lines).encode())


def read_ids(path: str | Path) -> list[str]:
    """The tokens of a ``vocab.json`` in the order of their ids, which are 0, 1, 2 and so on."""
    text = read_text(path)
    if not text.strip():
        raise ValueError(f"{path}: the file is empty")

    def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for token, value in pairs:
            if token in found:
                raise ValueError(f"{path}: token {token!r} occurs twice")
            found[token] = value
        return found

    try:
        ids = json.loads(text, object_pairs_hook=without_twins)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from error
    if not isinstance(ids, dict) or not all(type(i) is int for i in ids.values()):
        raise ValueError(f"{path}: an object is needed that gives each token its id")
    tokens = sorted(ids, key=ids.__getitem__)
    for expected, token in enumerate(tokens):
        if ids[token] != expected:
            kind = "occurs twice" if 0 <= ids[token] < expected else f"but none has id {expected}"
            raise ValueError(f"{path}: token {token!r} has id {ids[token]}, {kind}")
    if not tokens:
        raise ValueError(f"{path}: there are no tokens")
    return tokens


def read_merges(
    path: str | Path, tokens: Collection[str], vocab: str | Path
) -> list[tuple[str, str]]:
    """The pairs of a ``merges.txt``, each of them and what it builds among ``tokens``."""
    lines = read_lines(path)
    if not lines:
        raise ValueError(f"{path}: the file is empty")
    first = 1 if lines[0].startswith("#version") else 0
    known, merges = {*tokens}, []
    for number, line in enumerate(lines[first:], start=first + 1):
        pair = line.split(" ")
        if len(pair) != 2 or not all(pair):
            raise ValueError(
                f"{path}, line {number}: two tokens with a blank between, got {line!r}"
            )
        for token in (*pair, "".join(pair)):
            if token not in known:
                raise ValueError(f"{path}, line {number}: token {token!r} is not in {vocab}")
        merges.append((pair[0], pair[1]))
    problem = first_bad_merge(merges)
    if problem:
        place, reason = problem
        raise ValueError(f"{path}, line {place + first + 1}: this merge {reason}")
    return merges


def found_roles(tokens: Collection[str]) -> dict[str, str]:
    """The roles of a GPT's and BERT's special tokens that are there."""
    present = {*tokens}
    gpt = {role: token for role, token in GPT_SPECIAL.items() if token in present}
    return bracketed(tokens) | gpt


def require_same_tokens(tokens: tuple[str, ...], vocabulary: Vocabulary) -> None:
    """Refuse a vocabulary that lacks a token of its tokeniser."""
    for token in tokens:
        if token not in vocabulary.ordinary:
            raise ValueError(
                f"token {token!r} of the tokenizer is not an ordinary one of the vocabulary: "
                "give the vocabulary that belongs to it"
            )
