"""Tokenisers in published files: ``vocab.txt``, or ``vocab.json`` with ``merges.txt``."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
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
    vocabulary = vocabulary_of_bytes(tokens, roles, vocab)
    rest = {t: i for t, i in vocabulary.ordinary.items() if t not in apart}
    try:
        require_built(rest, tokenizer.merges, vocab, merges)
    except ValueError as error:
        hint = "Roles are named in special=, other tokens in apart="
        raise ValueError(f"{error}  {hint}") from error
    return tokenizer, vocabulary


def require_built(
    ids: Mapping[str, int], pairs: Iterable[tuple[str, str]], vocab: str | Path, merges: str | Path
) -> None:
    """Refuse tokens that are no byte and that no merge builds, as in a file that was cut off."""
    unbuilt = ids.keys() - {*ALPHABET, *map("".join, pairs)}
    if unbuilt:
        first = min(unbuilt, key=ids.__getitem__)
        raise ValueError(
            f"{vocab}: token {first!r} with id {ids[first]} is built by no merge of {merges} "
            f"({len(unbuilt)} such tokens): is that file cut off?"
        )


def vocabulary_of(tokens: Sequence[str], roles: Mapping[str, str], path: str | Path) -> Vocabulary:
    """The vocabulary of a file; its errors begin with the file."""
    try:
        return Vocabulary.from_json({"tokens": tokens, "special": roles})
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def vocabulary_of_bytes(
    tokens: Sequence[str], roles: Mapping[str, str], path: str | Path
) -> Vocabulary:
    """The vocabulary of a file of byte-level BPE, which must have a token for every byte."""
    vocabulary = vocabulary_of(tokens, roles, path)
    missing = [character for character in ALPHABET if character not in vocabulary.ordinary]
    if missing:
        raise ValueError(
            f"{path}: {len(missing)} of the 256 bytes have no token, the first is {missing[0]!r}: "
            "some texts could not be written"
        )
    return vocabulary


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
    return tokens_in_order(read_json_object(path, "token"), path)


def read_json_object(path: str | Path, noun: str = "key") -> dict[str, Any]:
    """The object in a JSON file, in which nothing may be named twice.

    Raises:
        ValueError: the file is empty or not JSON (with the line), holds something else than an
            object, or names a thing twice.
        OSError: as ``read_text``.
    """
    text = read_text(path)
    if not text.strip():
        raise ValueError(f"{path}: the file is empty")

    def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise ValueError(f"{noun} {name!r} occurs twice")
            found[name] = value
        return found

    try:
        found = json.loads(text, object_pairs_hook=without_twins)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # twins; a number too long, a nest too deep
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(found, dict):
        kind = type(found).__name__
        raise ValueError(f"{path}: an object is needed, {{...}}, got a {kind}")
    return found


def tokens_in_order(ids: Mapping[str, Any], path: str | Path) -> list[str]:
    """The tokens in the order of their ids, which must be 0, 1, 2 and so on."""
    if not all(type(i) is int for i in ids.values()):
        raise ValueError(f"{path}: an object is needed that gives each token its id")
    tokens = sorted(ids, key=ids.__getitem__)
    for expected, token in enumerate(tokens):
        if ids[token] != expected:
            kind = "occurs twice" if 0 <= ids[token] < expected else f"but none has id {expected}"
            raise ValueError(f"{path}: token {token!r} has id {ids[token]}, {kind}")
    if not tokens:
        raise ValueError(f"{path}: there are no tokens")
    halves = [token for token in tokens if any("\ud800" <= c <= "\udfff" for c in token)]
    if halves:
        raise ValueError(f"{path}: token {halves[0]!r} is not text: it has half a surrogate pair")
    return tokens


def read_merges(
    path: str | Path, tokens: Collection[str], vocab: str | Path
) -> list[tuple[str, str]]:
    """The pairs of a ``merges.txt``, each of them and what it builds among ``tokens``."""
    lines = read_lines(path)
    if not lines:
        raise ValueError(f"{path}: the file is empty")
    first = 1 if lines[0].startswith("#version") else 0
    where = [f"{path}, line {number}" for number in range(first + 1, len(lines) + 1)]
    return known_merges(lines[first:], where, tokens, vocab)


def known_merges(
    merges: Sequence[Any], where: Sequence[str], tokens: Collection[str], vocab: str | Path
) -> list[tuple[str, str]]:
    """The pairs of a file, each given as ``"a b"`` or ``["a", "b"]``; ``where`` each stands.

    Raises:
        ValueError: one is not a pair; a token of it, or what it builds, is not among ``tokens``;
            it cannot be applied after those before it.
    """
    known, pairs = {*tokens}, []
    for merge, place in zip(merges, where, strict=True):
        pair = merge.split(" ") if isinstance(merge, str) else merge
        two = isinstance(pair, list) and len(pair) == 2
        if not two or not all(isinstance(token, str) and token for token in pair):
            raise ValueError(f"{place}: two tokens with a blank between, got {merge!r}")
        for token in (*pair, "".join(pair)):
            if token not in known:
                raise ValueError(f"{place}: token {token!r} is not in {vocab}")
        pairs.append((pair[0], pair[1]))
    problem = first_bad_merge(pairs)
    if problem:
        raise ValueError(f"{where[problem[0]]}: this merge {problem[1]}")
    return pairs


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
