"""The vocabulary: tokens in the order of their ids, and which of them are special."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend.ids import check_ids
from minillm.text.special_tokens import (
    BERT_SPECIAL,
    first_problem,
    in_order_of_roles,
    require_listed,
)
from minillm.text.vocabulary_files import read_vocabulary, write_vocabulary


def id_in_role(role: str) -> property:
    """An attribute of a vocabulary: the id of the token that plays a role."""
    return property(
        lambda vocabulary: vocabulary.id_of(role), doc=f"The id of the {role} token, see ``id_of``."
    )


class Vocabulary:
    """Tokens in the order of their ids; some of them are special: they play a role.

    ``special`` says which token plays which role.  The roles are pad, unknown, cls, sep, mask,
    bos and eos, and in conversations system, user, assistant and turn_end; a vocabulary may lack
    any of them, and one token may play several.  Special
    tokens may stand anywhere in the list and keep their places; if the list holds none of them,
    they come before it::

        Vocabulary(["cat", "the"])              [PAD] [UNK] [CLS] [SEP] [MASK] [BOS] [EOS] cat the
        Vocabulary(["cat", "the", "<end>"], special={"bos": "<end>", "eos": "<end>"})
                                                cat the <end>

    ``tokens[i]`` is the token with id ``i`` and ``token_to_id`` its inverse; ``special`` maps a
    role to its token, and ``pad_id``, ``unknown_id`` and so on are the ids.  Text never yields a
    special id other than the unknown one: "[MASK]" written in a sentence does not mask a token.

    Raises:
        ValueError: a token is empty, given twice, or does not fit on one line of a file; a role
            does not exist; the list holds some of the special tokens and lacks others.
        TypeError: ``tokens`` is one string.
    Guide: 2.1, 5.2.1 (G3).
    """

    pad_id = id_in_role("pad")
    unknown_id = id_in_role("unknown")
    cls_id = id_in_role("cls")
    sep_id = id_in_role("sep")
    mask_id = id_in_role("mask")
    bos_id = id_in_role("bos")
    eos_id = id_in_role("eos")

    def __init__(self, tokens: Iterable[str], *, special: Mapping[str, str] = BERT_SPECIAL) -> None:
        listed = list(require_tokens(tokens))
        self.special = in_order_of_roles(special)
        problem = first_problem(listed)
        if problem:
            place, reason = problem
            raise ValueError(f"Vocabulary: token at position {place} {reason}")
        apart = dict.fromkeys(self.special.values())  # each once, in the order of their roles
        if apart.keys().isdisjoint(listed):
            listed = [*apart, *listed]
        require_listed(self.special, listed)
        self.tokens = tuple(listed)
        self.token_to_id = {token: i for i, token in enumerate(listed)}
        # what text is looked up in
        self.ordinary = {t: i for t, i in self.token_to_id.items() if t not in apart}
        self.ordinary_ids = np.array(list(self.ordinary.values()), dtype=np.int64)
        self.ordinary_ids.flags.writeable = False

    @classmethod
    def build(
        cls,
        sequences: Iterable[Sequence[str]],
        *,
        max_size: int | None = None,
        min_count: int = 1,
        special: Mapping[str, str] = BERT_SPECIAL,
    ) -> "Vocabulary":
        """The special tokens, then the most frequent tokens of some training sequences.

        The first ordinary id goes to the most frequent token; equally frequent ones are in
        alphabetical order, so the ids do not depend on the order of the sequences.
        ``max_size`` bounds ``len(vocabulary)``, special tokens included; a token that occurs
        fewer than ``min_count`` times is left out.

        Raises:
            ValueError: ``max_size`` leaves no room for an ordinary token; ``min_count`` is below 1.
            TypeError: a sequence is a text that was not tokenised.
        """
        apart = set(special.values())
        if max_size is not None and max_size <= len(apart):
            raise ValueError(
                f"max_size must exceed the {len(apart)} special tokens, got {max_size}"
            )
        if min_count < 1:
            raise ValueError(f"min_count must be at least 1, got {min_count}")
        counts: Counter[str] = Counter()
        for tokens in sequences:
            counts.update(require_tokens(tokens))
        frequent = [
            token
            for token, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            if count >= min_count and token not in apart
        ]
        room = None if max_size is None else max_size - len(apart)
        return cls(frequent[:room], special=special)

    def __len__(self) -> int:
        return len(self.tokens)

    def id_of(self, role: str) -> int:
        """The id of the token that plays a role: ``id_of("pad")`` is ``pad_id``.

        Raises:
            ValueError: no token plays it.
        """
        if role not in self.special:
            there = ", ".join(self.special) or "(none)"
            raise ValueError(f"this vocabulary has no {role} token; its roles: {there}")
        return self.token_to_id[self.special[role]]

    @property
    def n_special(self) -> int:
        """How many tokens are special."""
        return len(self) - len(self.ordinary_ids)

    def is_special(self, ids: Any) -> np.ndarray:
        """Which of some ids are special, in the shape of ``ids``.

        Raises:
            IndexError, TypeError, ValueError: as ``check_ids``.
        """
        special = np.ones(len(self), dtype=bool)
        special[self.ordinary_ids] = False
        return special[check_ids(ids, len(self), name="id")]

    def encode(self, tokens: Sequence[str]) -> np.ndarray:
        """The ids of some tokens, ``(T,)`` ``int64``; any but ordinary ones become unknown.

        Raises:
            ValueError: a token is not an ordinary one, and no token plays the role unknown.
            TypeError: ``tokens`` is a text that was not tokenised.
        """
        stand_in = self.token_to_id.get(self.special.get("unknown", ""), -1)
        ids = [self.ordinary.get(token, stand_in) for token in require_tokens(tokens)]
        if stand_in < 0 and -1 in ids:
            place = ids.index(-1)
            kind = "special" if tokens[place] in self.token_to_id else "not in the vocabulary"
            raise ValueError(
                f"token {tokens[place]!r} at position {place} is {kind}, "
                "and the vocabulary has no unknown token"
            )
        return np.array(ids, dtype=np.int64)

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
        """The share of tokens that are not ordinary ones; 0 where there are no tokens.

        ``encode`` turns them into the unknown token, or refuses them.
        """
        n_tokens = n_unknown = 0
        for tokens in sequences:
            n_tokens += len(require_tokens(tokens))
            n_unknown += sum(token not in self.ordinary for token in tokens)
        return n_unknown / n_tokens if n_tokens else 0.0

    def save(self, path: str | Path) -> None:
        """Write one token a line in the order of the ids, or JSON if the path ends in ``.json``.

        Lines alone tell only BERT's special tokens, by their spelling; JSON holds any roles.

        Raises:
            ValueError: ``load`` would not find the roles in such a file.
            OSError: the file cannot be written.
        """
        write_vocabulary(path, self.tokens, self.special)

    @classmethod
    def load(cls, path: str | Path, *, special: Mapping[str, str] | None = None) -> "Vocabulary":
        """The vocabulary that ``save`` wrote, or a published file of one token a line.

        The roles are ``special`` if it is given.  Otherwise they are those in a JSON file, and
        of lines those of BERT's special tokens that are there, wherever they stand.

        Raises:
            ValueError: a line is empty or occurs twice; a special token is not in the file; no
                line is one of BERT's special tokens, and ``special`` is not given.
            ValueError, OSError: as ``read_text``.
        """
        tokens, roles = read_vocabulary(path, special)
        return cls(tokens, special=roles)

    def to_json(self) -> dict[str, Any]:
        """What ``from_json`` needs to build the same vocabulary: all tokens, and the roles."""
        return {"tokens": list(self.tokens), "special": dict(self.special)}

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> "Vocabulary":
        """The vocabulary that ``to_json`` described.

        Raises:
            KeyError: the tokens or the roles are missing.
            ValueError: a special token is not among the tokens; else as the constructor.
        """
        require_listed(saved["special"], saved["tokens"])
        return cls(saved["tokens"], special=saved["special"])


def require_tokens(tokens: Any) -> Any:
    """The tokens as they are, refused if they are a text that was not tokenised."""
    if isinstance(tokens, str):  # a str is a sequence of characters: it would be encoded in silence
        raise TypeError(
            f"expected a list of tokens, got the text {tokens[:40]!r}; tokenize it first"
        )
    return tokens
