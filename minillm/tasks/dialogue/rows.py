"""From conversations to batches: the ids, and which of them the assistant has to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.tasks.generation import LanguageModel
from minillm.text import pad
from minillm.text.documents import Conversation, Message
from minillm.text.preference_files import Preference


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


def n_answers(batch: ChatBatch) -> int:
    """How many tokens of a batch the assistant has to write."""
    return batch.n_answers


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


def prompts_of(language: LanguageModel, asked: Sequence[Conversation]) -> list[np.ndarray]:
    """The ids of every conversation, with the assistant's turn opened behind it."""
    tokens = language.tokenizer, language.vocabulary
    return [language.template.encode(one, *tokens, ask=True) for one in asked]


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
    return [
        ChatRow(row.ids, row.answers & (np.arange(len(row.ids)) >= len(prompt)))
        for prompt, row in zip(prompts_of(language, asked), rows_of(language, told), strict=True)
    ]


def pair_rows(
    language: LanguageModel, pairs: Sequence[Preference]
) -> tuple[list[ChatRow], list[ChatRow]]:
    """The rows of the chosen answers, and of the rejected ones.

    Raises:
        ValueError: as ``rows_of``.
    """
    asked = [pair.asked for pair in pairs]
    return (
        answer_rows(language, asked, [pair.chosen for pair in pairs]),
        answer_rows(language, asked, [pair.rejected for pair in pairs]),
    )


def collate_chats(rows: Sequence[ChatRow]) -> ChatBatch:
    """Rows as one batch."""
    ids, mask = pad([row.ids for row in rows])
    answers, _ = pad([row.answers.astype(np.int64) for row in rows])
    return ChatBatch(ids, mask, answers.astype(bool))
