"""From conversations to batches: the ids, and which of them the assistant has to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.tasks.generation import LanguageModel
from minillm.text import pad
from minillm.text.documents import Conversation, Message


class ChatRow(NamedTuple):
    """A conversation, written down."""

    ids: np.ndarray  # (T,)
    answers: np.ndarray  # (T,) bool, True = the assistant has to write it


class ChatBatch(NamedTuple):
    """Some conversations side by side, padded on the right."""

    ids: np.ndarray  # (B, T)
    mask: np.ndarray  # (B, T) bool, True = a real token
    answers: np.ndarray  # (B, T) bool

    @property
    def n_answers(self) -> int:
        """How many tokens are to be written, over which the loss is a mean."""
        return int(self.answers.sum())


def rows_of(language: LanguageModel, conversations: Sequence[Conversation]) -> list[ChatRow]:
    """Every conversation in the model's template.

    Raises:
        ValueError: one has no answer to learn, a role without a turn, or more tokens than the model
            reads; with its number, from 1.
    """
    return [row_of(language, one, number) for number, one in enumerate(conversations, start=1)]


def row_of(language: LanguageModel, conversation: Conversation, number: int) -> ChatRow:
    """One of them."""
    longest = language.model.config.max_length
    try:
        row = ChatRow(
            *language.template.encode_answers(conversation, language.tokenizer, language.vocabulary)
        )
        if len(row.ids) > longest:
            raise ValueError(f"{len(row.ids)} tokens, and the model reads {longest}")
    except ValueError as error:
        raise ValueError(f"conversation {number}: {error}") from error
    return row


def answer_rows(
    language: LanguageModel, asked: Sequence[Conversation], answers: Sequence[str]
) -> list[ChatRow]:
    """Every answer behind its question; what was answered before is not to be written again.

    Raises:
        ValueError: as ``rows_of``.
    """
    told = [
        (*question, Message("assistant", answer))
        for question, answer in zip(asked, answers, strict=True)
    ]
    found = []
    for question, row in zip(asked, rows_of(language, told), strict=True):
        prompt = language.template.encode(
            question, language.tokenizer, language.vocabulary, ask=True
        )
        found.append(ChatRow(row.ids, row.answers & (np.arange(len(row.ids)) >= len(prompt))))
    return found


def collate_chats(rows: Sequence[ChatRow]) -> ChatBatch:
    """Rows as one batch."""
    ids, mask = pad([row.ids for row in rows])
    answers, _ = pad([row.answers.astype(np.int64) for row in rows])
    return ChatBatch(ids, mask, answers.astype(bool))
