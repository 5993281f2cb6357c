"""What a model says of answers, and how far another one has moved from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.autograd import Tensor
from minillm.models.decoding import sampling
from minillm.models.gpt import Gpt
from minillm.tasks.collation import lengths_of
from minillm.tasks.dialogue.replies import replies
from minillm.tasks.dialogue.rows import ChatBatch, ChatRow, collate_chats, prompts_of
from minillm.tasks.generation import LanguageModel
from minillm.text.documents import Conversation
from minillm.training import bucketed_order, evaluating
from minillm.training.preferences import check_reference, exact_kl, sequence_log_probability

LONGEST = 60  # tokens of an answer that is drawn


def checked_reference(language: LanguageModel, reference: LanguageModel) -> LanguageModel:
    """The reference, if it reads conversations as the policy does.

    Raises:
        ValueError: its tokens are others, or its template; as ``check_reference``.
    """
    ours, theirs = (one.vocabulary.tokens for one in (language, reference))
    check_reference(language.model, reference.model)
    for place, (token, other) in enumerate(zip(ours, theirs, strict=True)):
        if token != other:
            raise ValueError(
                f"the reference has another vocabulary: its token {place} is {other!r}, and the "
                f"policy's {token!r}"
            )
    if language.template != reference.template:
        raise ValueError("the reference writes conversations in another template than the policy")
    return reference


def log_p(model: Gpt, batch: ChatBatch) -> Tensor:
    """ln p of the answers of a batch, (B,)."""
    logits = model(batch.ids, batch.mask)
    return sequence_log_probability(logits, ids=batch.ids, answers=batch.answers)


def log_probabilities(model: Gpt, pairs: Sequence[Sequence[ChatRow]]) -> np.ndarray:
    """ln p of every answer of some lists of equal length, (lists, N)."""
    found = np.zeros((len(pairs), len(pairs[0])))
    with evaluating(model):
        for kind, rows in enumerate(pairs):
            lengths = lengths_of([row.ids for row in rows])
            for chosen in bucketed_order(lengths, batch_size=64, rng=None):
                told = log_p(model, collate_chats([rows[i] for i in chosen]))
                found[kind, chosen] = np.asarray(told.numpy())
    return found


def drift(
    language: LanguageModel,
    reference: Gpt,
    asked: Sequence[Conversation],
    *,
    rng: np.random.Generator,
) -> np.ndarray:
    """How far the answers have moved from those of a reference, in nats an answer::

        y ~ π(.|x),      d = sum_t KL(π(.|x, y_<t) || π_ref(.|x, y_<t))

    Shapes: N questions -> (N,).  The mean of d over answers y is ``KL(π || π_ref)`` of whole
    answers; d is never below 0.  Answers are drawn until they end, and to 60 tokens at most.

    Raises:
        ValueError: a question leaves no room for an answer.
        TypeError: ``rng`` is no generator.
    Source: Amini, Vieira & Cotterell 2025, "Better Estimation of the KL Divergence Between
        Language Models", arXiv:2504.10637 (the Rao-Blackwellised estimator).
    """
    rows = drawn_answers(language, asked, rng)
    found = []
    with evaluating(language.model), evaluating(reference):
        for start in range(0, len(rows), 64):
            batch = collate_chats(rows[start : start + 64])
            logits = (model(batch.ids, batch.mask) for model in (language.model, reference))
            kl = np.asarray(exact_kl(*logits).numpy())
            found.append((kl[:, :-1] * batch.answers[:, 1:]).sum(axis=1))
    return np.concatenate(found)


def drawn_answers(
    language: LanguageModel, asked: Sequence[Conversation], rng: np.random.Generator
) -> list[ChatRow]:
    """An answer to every question, drawn by its probability."""
    prompts = prompts_of(language, asked)
    room = language.model.config.max_length - max(map(len, prompts))
    if room < 1:
        raise ValueError("a question fills all positions of the model: no answer can be drawn")
    rows = []
    texts = replies(language, prompts, min(LONGEST, room), choose=sampling(rng))
    for prompt, text in zip(prompts, texts, strict=True):
        ids = np.array([*prompt, *text.tokens])
        rows.append(ChatRow(ids, np.arange(len(ids)) >= len(prompt)))
    return rows
