"""How a conversation is written down for a language model: a template, which is data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from minillm.text import Tokenizer, Vocabulary, encode_text, read_text
from minillm.text.documents import Message

CONTENT = "{content}"
MARK = re.compile(r"<\|[^|<>]*\|>")  # how a template writes a special token


def turns() -> dict[str, str]:
    """Everyone's turn is opened by a token of theirs and closed by one that all share."""
    return {role: f"<|{role}|>{CONTENT}<|end|>" for role in ("system", "user", "assistant")}


class Piece(NamedTuple):
    """A stretch of a conversation that is written down."""

    text: str
    marked: bool  # special tokens in it are what they say
    answer: bool  # the assistant writes it


@dataclass(frozen=True)
class ChatTemplate:
    """What stands around the turns of a conversation::

        begin + turns["user"] with its content + turns["assistant"] with its content + ...
        a reply is asked for by ``reply``, and is over at the token ``end``

    Special tokens are written ``<|name|>``.  In a template they are what they say; in what
    somebody says they are letters, so that no message can end a turn or speak for another.

    Raises:
        ValueError: a turn has ``{content}`` not exactly once; nobody is the assistant, or its turn
            does not begin with ``reply`` and end with ``end``, which is one special token.
        TypeError: something else than strings.
    Guide: 9.2 (G40).
    """

    begin: str = "<|endoftext|>"
    turns: Mapping[str, str] = field(default_factory=turns)
    reply: str = "<|assistant|>"
    end: str = "<|end|>"

    def __post_init__(self) -> None:
        parts = [self.begin, self.reply, self.end, *self.turns, *self.turns.values()]
        if not all(isinstance(part, str) for part in parts):
            raise TypeError(f"a chat template is made of strings, got {parts!r:.200}")
        for role, turn in self.turns.items():
            if turn.count(CONTENT) != 1:
                raise ValueError(
                    f"chat template: the turn of {role} needs {CONTENT} once, got {turn!r}"
                )
        if "assistant" not in self.turns or not self.reply:
            raise ValueError('chat template: needs a turn "assistant", and "reply", which opens it')
        if not MARK.fullmatch(self.end):
            raise ValueError(
                f'chat template: "end" must be a special token such as <|end|>, got {self.end!r}'
            )
        asked, answer = self.reply, self.turns["assistant"]
        if not answer.startswith(asked) or self.end not in answer.partition(CONTENT)[2]:
            raise ValueError(
                f"chat template: the turn of assistant must begin with reply {asked!r} and end "
                f"with {self.end!r}, got {answer!r}"
            )

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The template of a JSON file, an object with ``begin``, ``turns``, ``reply`` and ``end``.

        Raises:
            ValueError: it is not such an object; with the file's name.
            OSError: as ``read_text``.
        """
        text = read_text(path)
        if not text.strip():
            raise ValueError(f"{path}: the file is empty")
        try:
            found = json.loads(text)
            if not isinstance(found, dict):
                raise TypeError("an object is needed")
            return cls(**found)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from error
        except (TypeError, ValueError, AttributeError) as error:
            reason = str(error).removeprefix(f"{cls.__name__}.__init__() ")
            raise ValueError(f"{path}: {reason}") from error

    def to_json(self) -> dict[str, Any]:
        """What ``ChatTemplate(**...)`` takes again."""
        return asdict(self)

    def require_known(self, vocabulary: Vocabulary) -> None:
        """Refuse a template that names a special token which the vocabulary does not have.

        Raises:
            ValueError: names the token, and those there are.
        """
        special = set(vocabulary.special.values())
        written = "".join([self.begin, *self.turns.values(), self.reply, self.end])
        for token in MARK.findall(written):
            if token not in special:
                there = ", ".join(sorted(special))
                raise ValueError(
                    f"chat template: {token} is unknown, the special tokens here are {there}"
                )

    def encode(
        self,
        messages: Sequence[Message],
        tokenizer: Tokenizer,
        vocabulary: Vocabulary,
        *,
        ask: bool = False,
    ) -> np.ndarray:
        """The ids of a conversation, (T,); with ``ask`` the assistant's turn is opened behind it.

        Raises:
            ValueError: a message of a role that has no turn; as ``require_known``.
        """
        pieces = self.pieces(messages)
        pieces += [Piece(self.reply, True, False)] if ask else []
        return np.concatenate(list(self.ids_of(pieces, tokenizer, vocabulary)))

    def encode_answers(
        self, messages: Sequence[Message], tokenizer: Tokenizer, vocabulary: Vocabulary
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ids of a conversation, and which of them the assistant has to write::

            begin user-turn reply [content end] user-turn reply [content end]     in []: True

        Shapes: ``ids (T,) int64, answers (T,) bool``.  The ids are those of ``encode``.  The token
        that ends a turn is the assistant's, too: a model that never learns it never stops.

        Raises:
            ValueError: no message of the assistant, or an empty one: there is nothing to learn; as
                ``encode``.
        """
        spoken = [number for number, one in enumerate(messages, 1) if one.role == "assistant"]
        if not spoken:
            raise ValueError(
                f"none of the {len(messages)} messages is of role 'assistant', only "
                f"{', '.join(sorted({repr(one.role) for one in messages}))}: there is no answer to "
                "learn"
            )
        for number in spoken:
            if not messages[number - 1].content.strip():
                raise ValueError(f"message {number} is an empty answer of the assistant")
        pieces = self.pieces(messages)
        ids = list(self.ids_of(pieces, tokenizer, vocabulary))
        answers = np.repeat([piece.answer for piece in pieces], [len(part) for part in ids])
        return np.concatenate(ids), answers

    def pieces(self, messages: Sequence[Message]) -> list[Piece]:
        """What is written down, in order; an answer begins behind ``reply``, and ``end`` ends it.

        Raises:
            ValueError: a message of a role that has no turn.
        """
        found = [Piece(self.begin, True, False)]
        for number, (role, content) in enumerate(messages, start=1):
            if role not in self.turns:
                known = ", ".join(self.turns)
                raise ValueError(
                    f"message {number} is of role {role!r}; the chat template has {known}"
                )
            before, after = self.turns[role].split(CONTENT)
            answer, behind = role == "assistant", ""
            if answer:
                found.append(Piece(self.reply, True, False))
                before = before.removeprefix(self.reply)
                after, _, behind = after.partition(self.end)
                after += self.end
            found += [Piece(before, True, answer), Piece(content, False, answer)]
            found += [Piece(after, True, answer), Piece(behind, True, False)]
        return found

    def ids_of(
        self, pieces: Sequence[Piece], tokenizer: Tokenizer, vocabulary: Vocabulary
    ) -> Iterator[np.ndarray]:
        """The ids of each piece.

        Raises:
            ValueError: as ``require_known``.
        """
        self.require_known(vocabulary)
        marks = sorted(set(vocabulary.special.values()))
        for text, marked, _ in pieces:
            yield encode_text(text, tokenizer, vocabulary, recognise=marks if marked else ())
