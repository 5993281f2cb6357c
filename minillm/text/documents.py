"""Texts without labels: one long text, or documents, or conversations, from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from minillm.text.json_lines import JSON_LINES, json_objects
from minillm.text.reading import lines_of, read_text
from minillm.text.table_files import suffix_of

Split = Literal["whole", "lines", "paragraphs"]


class Message(NamedTuple):
    """What somebody says in a conversation."""

    role: str  # system, user or assistant
    content: str


ONE_KEY = 'one key of "text" and "messages" is needed'
Conversation = tuple[Message, ...]
Document = str | Conversation


def read_documents(
    path: str | Path, *, split: Split = "whole", encoding: str = "utf-8"
) -> list[Document]:
    """The documents of a file, empty ones left out.

    A text file is one long text, or its documents are its lines, or paragraphs with a blank line
    between, as ``split`` says.  In JSON Lines every object is a document, whatever ``split`` says:
    its ``text``, or its ``messages``, a list of objects with ``role`` and ``content``.

    Raises:
        ValueError: nothing is in the file; an object has neither key, or both, or something else
            than strings there, with its line; as ``read_text``.
        OSError: as ``read_text``.
    """
    text = read_text(path, encoding=encoding)
    documents: list[Document]
    if suffix_of(path) in JSON_LINES:
        documents = [
            from_object(found, f"{path}, line {n}") for n, found in json_objects(text, path)
        ]
    elif split == "whole":
        documents = [text]
    else:
        parts = lines_of(text) if split == "lines" else paragraphs(text)
        documents = list(parts)
    documents = [one for one in documents if not isinstance(one, str) or one.strip()]
    if not documents:
        raise ValueError(f"{path}: there is no text in the file")
    return documents


def read_conversations(path: str | Path, *, encoding: str = "utf-8") -> list[Conversation]:
    """The conversations of a file of JSON Lines with ``messages`` in every object.

    Raises:
        ValueError: the file is plain text, or an object has ``text``; as ``read_documents``.
        OSError: as ``read_text``.
    """
    if suffix_of(path) not in JSON_LINES:
        raise ValueError(
            f"{path}: conversations are JSON Lines, in a file such as chat.jsonl with "
            '{"messages": [{"role": "user", "content": "..."}, ...]} in every line'
        )
    try:
        found = read_documents(path, encoding=encoding)
    except ValueError as error:
        where, wrong, keys = str(error).partition(ONE_KEY)
        if not wrong:
            raise
        raise ValueError(
            f'{where}"messages" is needed, such as {{"messages": [{{"role": "user", "content": '
            f'"..."}}, {{"role": "assistant", "content": "..."}}]}}{keys} (pairs of answers are '
            "for prefer)"
        ) from error
    for number, one in enumerate(found, start=1):
        if isinstance(one, str):
            raise ValueError(
                f'{path}, text {number}: a conversation is needed, "messages" and not "text": '
                f"{one!r:.60}"
            )
    return [one for one in found if not isinstance(one, str)]


def paragraphs(text: str) -> list[str]:
    """The parts of a text that blank lines set apart."""
    found: list[list[str]] = [[]]
    for line in lines_of(text):
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return ["\n".join(lines) for lines in found if lines]


def from_object(found: dict[str, Any], where: str) -> Document:
    """The document of one JSON object.

    Raises:
        ValueError: see ``read_documents``.
    """
    if ("text" in found) == ("messages" in found):
        keys = ", ".join(map(repr, list(found)[:5])) or "none"
        keys += f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise ValueError(f"{where}: {ONE_KEY}, got {keys}")
    if "messages" in found:
        return conversation(found["messages"], where)
    if not isinstance(found["text"], str):
        raise ValueError(f"{where}: a text is a string, got {found['text']!r:.60}")
    return found["text"]


def conversation(messages: Any, where: str) -> Conversation:
    """The messages of a conversation.

    Raises:
        ValueError: they are not a list of objects with ``role`` and ``content``, both strings.
    """
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        raise ValueError(f"{where}: messages must be a list of at least one, got {messages!r:.60}")
    for number, one in enumerate(messages, start=1):
        if not isinstance(one, dict) or not all(
            isinstance(one.get(key), str) for key in ("role", "content")
        ):
            raise ValueError(
                f'{where}: message {number} must be {{"role": "user", "content": "..."}}, '
                f"got {one!r:.60}"
            )
    return tuple(Message(one["role"], one["content"]) for one in messages)
