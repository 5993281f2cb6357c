"""The vocabulary: every token has an id, and the first seven ids are special."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import write_atomically
from minillm.backend.ids import check_ids
from minillm.text.reading import read_lines

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[BOS]", "[EOS]")


class Vocabulary:
    """A numbered list of tokens: the seven special ones, then the ordinary ones in their order.

        vocabulary = Vocabulary(["cat", "the"])
        vocabulary.encode(["the", "dog"])  ->  [8, 1]
        vocabulary.decode([8, 1])          ->  ["the", "[UNK]"]

    ``tokens[i]`` is the token with id ``i`` and ``token_to_id`` its inverse.  Text never yields
    a special id other than [UNK]: who writes "[MASK]" in a sentence cannot mask a token.

    Raises:
        ValueError: a token is empty, special, given twice, or does not fit on one line of a file.
    """

    pad_id, unknown_id, cls_id, sep_id, mask_id, bos_id, eos_id = range(len(SPECIAL_TOKENS))

    def __init__(self, tokens: Iterable[str]) -> None:
        ordinary = list(tokens)
        problem = _first_problem(ordinary)
        if problem:
            place, reason = problem
            raise ValueError(f"Vocabulary: token at position {place} {reason}")
        self.tokens = (*SPECIAL_TOKENS, *ordinary)
        self.token_to_id = {token: i for i, token in enumerate(self.tokens)}

    @classmethod
    def build(
        cls,
        sequences: Iterable[Sequence[str]],
        *,
        max_size: int | None = None,
        min_count: int = 1,
    ) -> "Vocabulary":
        """The most frequent tokens of some training sequences, and of these only.

        The first ordinary id goes to the most frequent token; equally frequent ones are in
        alphabetical order, so the ids do not depend on the order of the sequences.
        ``max_size`` bounds ``len(vocabulary)``, special tokens included; a token that occurs
        fewer than ``min_count`` times is left out.

        Raises:
            ValueError: ``max_size`` leaves no room for an ordinary token; ``min_count`` is below 1.
            TypeError: a sequence is a text that was not tokenised.
        """
        if max_size is not None and max_size <= len(SPECIAL_TOKENS):
            raise ValueError(
                f"max_size must exceed the {len(SPECIAL_TOKENS)} special tokens, got {max_size}"
            )
        if min_count < 1:
            raise ValueError(f"min_count must be at least 1, got {min_count}")
        counts: Counter[str] = Counter()
        for tokens in sequences:
            counts.update(_require_tokens(tokens))
        frequent = [
            token
            for token, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            if count >= min_count and token not in SPECIAL_TOKENS
        ]
        return cls(frequent if max_size is None else frequent[: max_size - len(SPECIAL_TOKENS)])

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, tokens: Sequence[str]) -> np.ndarray:
        """The ids of some tokens, ``(T,)`` ``int64``; unknown and special tokens become [UNK].

        Raises:
            TypeError: ``tokens`` is a text that was not tokenised.
        """
        ids = [self.token_to_id.get(token, self.unknown_id) for token in _require_tokens(tokens)]
        ordinary = [i if i >= len(SPECIAL_TOKENS) else self.unknown_id for i in ids]
        return np.array(ordinary, dtype=np.int64)

    def decode(self, ids: Any) -> list[str]:
        """The tokens with these ids, special ones included.

        Raises:
            IndexError: an id is negative or not below ``len(self)``.
            TypeError: the ids are not integers.
            ValueError: the ids are not one-dimensional.
        """
        array = check_ids(ids, len(self), name="id")
        if array.ndim != 1:
            raise ValueError(f"decode takes the ids of one sequence, got shape {array.shape}")
        return [self.tokens[i] for i in array]

    def unknown_rate(self, sequences: Iterable[Sequence[str]]) -> float:
        """The share of tokens that ``encode`` would turn into [UNK]; 0 if there is no token."""
        n_tokens = n_unknown = 0
        for tokens in sequences:
            ids = self.encode(tokens)
            n_tokens += ids.size
            n_unknown += int((ids == self.unknown_id).sum())
        return n_unknown / n_tokens if n_tokens else 0.0

    def save(self, path: str | Path) -> None:
        """Write one token a line, in the order of the ids.

        Raises:
            UnicodeEncodeError: a token has half of a surrogate pair; the old file is untouched.
            OSError: the file cannot be written.
        """
        text = "".join(f"{token}\n" for token in self.tokens)
        write_atomically(path, text.encode())

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """The vocabulary that ``save`` wrote, or one edited by hand.

        Raises:
            ValueError: the special tokens are not the first lines, in their order; a line is
                empty, occurs twice or repeats a special token.
            ValueError, OSError: as ``read_text``.
        """
        lines = read_lines(path)
        for number, special in enumerate(SPECIAL_TOKENS, start=1):
            found = lines[number - 1] if number <= len(lines) else "end of file"
            if found != special:
                raise ValueError(f"{path}, line {number}: expected {special}, found {found!r}")
        ordinary = lines[len(SPECIAL_TOKENS) :]
        problem = _first_problem(ordinary)
        if problem:
            place, reason = problem
            raise ValueError(f"{path}, line {len(SPECIAL_TOKENS) + place + 1}: token {reason}")
        return cls(ordinary)


def _first_problem(tokens: Sequence[str]) -> tuple[int, str] | None:
    """Position and description of the first token that no vocabulary can hold."""
    seen = set(SPECIAL_TOKENS)
    for place, token in enumerate(tokens):
        if not isinstance(token, str) or not token:
            return place, f"must be a non-empty str, got {token!r}"
        if any(character in token for character in "\n\r\0"):
            return place, f"{token!r} does not fit on one line of a text file"
        if token in seen:
            return (
                place,
                f"{token!r} is special" if token in SPECIAL_TOKENS else f"{token!r} occurs twice",
            )
        seen.add(token)
    return None


def _require_tokens(tokens: Sequence[str]) -> Sequence[str]:
    if isinstance(tokens, str):  # a str is a sequence of characters: it would be encoded in silence
        raise TypeError(
            f"expected a list of tokens, got the text {tokens[:40]!r}; tokenize it first"
        )
    return tokens
