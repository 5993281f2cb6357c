"""What a model answers, and how good that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.tasks.dialogue.replies import replies
from minillm.tasks.dialogue.rows import prompts_of
from minillm.tasks.generation import LanguageModel
from minillm.tasks.metrics import distinct, repetition
from minillm.text.corpora import Question


class AnswerScores(NamedTuple):
    """How good some answers are, each a share."""

    exact: float  # answers that are the right one, token by token
    contains: float  # that have the right one in them
    repetition: float  # of the word pairs of an answer, those it had before; in the mean
    distinct: float  # different word pairs among all that the answers have


def answer(
    language: LanguageModel, questions: Sequence[Question], *, longest: int = 60
) -> list[str]:
    """The most probable token after token, until the turn ends, for every question.

    Raises:
        ValueError: a question is longer than the model reads.
    """
    prompts = prompts_of(language, [question.asked for question in questions])
    texts = replies(language, prompts, longest, keep=language.model.config.max_length // 2)
    return [language.decode(text.tokens) for text in texts]


def score_answers(
    answers: Sequence[str], questions: Sequence[Question], language: LanguageModel
) -> AnswerScores:
    """Exact answers, repetition and distinct word pairs; words are the tokens of the model.

    Raises:
        ValueError: there is no question, or not one answer for each.
    """
    if not questions or len(answers) != len(questions):
        raise ValueError(f"{len(answers)} answers to {len(questions)} questions")
    tokens = [language.tokenizer.tokenize(text) for text in answers]
    rights = [language.tokenizer.tokenize(question.right) for question in questions]
    pairs = list(zip(tokens, rights, strict=True))
    return AnswerScores(
        exact=float(np.mean([one == right for one, right in pairs])),
        contains=float(np.mean([within(right, one) for one, right in pairs])),
        repetition=float(np.mean([repetition(row, 2) for row in tokens])),
        distinct=distinct(tokens, 2),
    )


def within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether some tokens stand next to each other among others."""
    n = len(part)
    return any(list(whole[i : i + n]) == list(part) for i in range(len(whole) - n + 1))
