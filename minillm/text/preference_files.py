"""Pairs of answers of which one is preferred, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from minillm.text.documents import Conversation, Message, conversation
from minillm.text.json_lines import json_objects
from minillm.text.reading import read_text

ANSWERS = ("chosen", "rejected")


class Preference(NamedTuple):
    """Two answers to a question, of which one is preferred."""

    asked: Conversation  # ends with a message of the user
    chosen: str
    rejected: str


def read_preferences(path: str | Path, *, encoding: str = "utf-8") -> list[Preference]:
    """The pairs of a file of JSON Lines, in one of three forms::

        {"prompt": "a question", "chosen": "an answer", "rejected": "another"}
        {"prompt": [messages], "chosen": [the answer], "rejected": [the other]}
        {"chosen": [messages], "rejected": [messages]}       all but the last are the same

    A message is an object with ``role`` and ``content``.

    Raises:
        ValueError: there is no pair; an object has another form, its two answers are equal or one
            is empty, with its line; as ``read_text``.
        OSError: as ``read_text``.
    """
    text = read_text(path, encoding=encoding)
    pairs = [pair_of(found, f"{path}, line {n}") for n, found in json_objects(text, path)]
    if not pairs:
        raise ValueError(f"{path}: there is no pair of answers in the file")
    return pairs


def pair_of(found: dict[str, Any], where: str) -> Preference:
    """The pair of one JSON object.

    Raises:
        ValueError: see ``read_preferences``.
    """
    for key in ANSWERS:
        if key not in found:
            keys = ", ".join(map(repr, found)) or "none"
            told = " (conversations are for instruct)" if "messages" in found else ""
            raise ValueError(f"{where}: no key {key!r}, only {keys:.80}{told}")
    if "prompt" in found:
        asked = question_of(found["prompt"], where)
        chosen, rejected = (answer_of(found[key], f"{where}, {key}") for key in ANSWERS)
    else:
        asked, chosen, rejected = parted(found, where)
    if asked[-1].role != "user":
        raise ValueError(f"{where}: the question ends with a message of {asked[-1].role!r}")
    for key, answer in zip(ANSWERS, (chosen, rejected), strict=True):
        if not answer.strip():
            raise ValueError(f"{where}: the {key} answer is empty")
    if chosen == rejected:
        raise ValueError(f"{where}: chosen and rejected are the same answer, {chosen!r:.60}")
    return Preference(asked, chosen, rejected)


def question_of(prompt: Any, where: str) -> Conversation:
    """What is asked: one message of the user, or a conversation up to it."""
    if isinstance(prompt, str) and prompt.strip():
        return (Message("user", prompt),)
    if isinstance(prompt, str):
        raise ValueError(f"{where}: the prompt is empty")
    return conversation(prompt, f"{where}, prompt")


def answer_of(answer: Any, where: str) -> str:
    """What is answered: a text, or one message of the assistant."""
    if isinstance(answer, str):
        return answer
    if not isinstance(answer, list):
        raise ValueError(f"{where}: an answer is a text or one message, got {answer!r:.60}")
    said = conversation(answer, where)
    if len(said) != 1 or said[0].role != "assistant":
        roles = ", ".join(message.role for message in said)
        raise ValueError(
            f"{where}: beside a prompt one message of 'assistant' is needed, got {roles}"
        )
    return said[0].content


def parted(found: dict[str, Any], where: str) -> tuple[Conversation, str, str]:
    """Two conversations as what they share, and how each of them ends."""
    if isinstance(found["chosen"], str):
        raise ValueError(f'{where}: answers that are texts need a key "prompt" beside them')
    for key in ANSWERS:
        if not isinstance(found[key], list):
            raise ValueError(
                f"{where}, {key}: a list of messages is needed, got {found[key]!r:.60}"
            )
    both = [conversation(found[key], f"{where}, {key}") for key in ANSWERS]
    for key, one in zip(ANSWERS, both, strict=True):
        if len(one) < 2 or one[-1].role != "assistant":
            raise ValueError(
                f"{where}: without a prompt, {key} is a conversation that ends with a message of "
                f"'assistant' behind others, got {', '.join(message.role for message in one)}"
            )
    if both[0][:-1] != both[1][:-1]:
        raise ValueError(
            f"{where}: the conversations of chosen and rejected differ before the last message"
        )
    return both[0][:-1], both[0][-1].content, both[1][-1].content
