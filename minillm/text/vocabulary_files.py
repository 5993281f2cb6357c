"""Vocabularies in files: one token a line, as published, or JSON, which also holds the roles."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically
from minillm.text.reading import read_lines, read_text
from minillm.text.special_tokens import (
    BERT_SPECIAL,
    bracketed,
    first_problem,
    in_order_of_roles,
    require_listed,
)

MARK = "\ufeff"  # the byte-order mark


def write_vocabulary(path: str | Path, tokens: Sequence[str], special: Mapping[str, str]) -> None:
    """See ``Vocabulary.save``."""
    if is_json(path):
        described = {"special": dict(special), "tokens": list(tokens)}
        text = json.dumps(described, ensure_ascii=False, indent=0) + "\n"
    elif special and special == bracketed(tokens):
        text = "".join(f"{token}\n" for token in tokens)
        # Reading takes one mark away: a first token that begins with one would lose it.
        text = MARK + text if text.startswith(MARK) else text
    else:
        raise ValueError(
            f"{path}: one token a line keeps no roles but those of BERT's special tokens, got "
            f"special={dict(special)}; give a path that ends in .json"
        )
    write_atomically(path, text.encode())


def read_vocabulary(
    path: str | Path, special: Mapping[str, str] | None
) -> tuple[list[str], Mapping[str, str]]:
    """All tokens and the roles, see ``Vocabulary.load``."""
    if is_json(path):
        tokens, found = read_json(path)
    else:
        tokens = read_lines(path)
        found = bracketed(tokens)
        if not found and special is None:
            known = ", ".join(BERT_SPECIAL.values())
            raise ValueError(
                f"{path}: none of {known} is a line; say which lines are special with special="
            )
    problem = first_problem(tokens)
    if problem:
        place, reason = problem
        where = f": token at position {place}" if is_json(path) else f", line {place + 1}: token"
        raise ValueError(f"{path}{where} {reason}")
    try:
        roles = in_order_of_roles(found if special is None else special)
        require_listed(roles, tokens)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return tokens, roles


def read_json(path: str | Path) -> tuple[list[str], dict[str, str]]:
    """What ``write_vocabulary`` wrote into a ``.json`` file."""
    try:
        saved: Any = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not JSON: {error}") from error
    kinds = (("tokens", list), ("special", dict))
    if not isinstance(saved, dict) or not all(isinstance(saved.get(n), k) for n, k in kinds):
        raise ValueError(f"{path}: a list 'tokens' and an object 'special' are needed")
    return saved["tokens"], saved["special"]


def is_json(path: str | Path) -> bool:
    """Whether the path ends in ``.json``."""
    return Path(path).suffix.lower() == ".json"
