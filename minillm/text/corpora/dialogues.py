"""Small conversations with one right answer to every question, and answers that are worse.

A topic is a table of what may be asked and what is right.  Somebody asks about one row, or about
one and then, "and ...?", about another of the same topic: what a second question means, only the
first one tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minillm.backend import check_rng, stream
from minillm.text.corpora.dialogues_en import ENGLISH_TALK
from minillm.text.corpora.dialogues_zh import CHINESE_TALK
from minillm.text.corpora.talk import Talk, Topic
from minillm.text.documents import Conversation, Message
from minillm.text.preference_files import Preference

TALK = {"en": ENGLISH_TALK, "zh": CHINESE_TALK}
SPLITS = ("train", "dev", "test")
FIRST = 0.1  # of the questions begin a conversation


class Question(NamedTuple):
    """A conversation up to a question, what is right, and what is wrong but looks alike."""

    asked: Conversation  # ends with a message of the user
    right: str
    wrong: tuple[str, ...]  # what is right about other rows of the topic

    @property
    def answered(self) -> Conversation:
        """With the right answer."""
        return *self.asked, Message("assistant", self.right)


class Dialogues(NamedTuple):
    """Three disjoint splits of questions."""

    train: list[Question]
    dev: list[Question]
    test: list[Question]


def load_dialogues(
    language: str, *, seed: int = 0, sizes: tuple[int, int, int] = (800, 100, 200)
) -> Dialogues:
    """Different questions in "en" or "zh": a tenth are a first question, the rest a second one.

    A question of dev or test is asked in no other split; its row may be asked about in another
    form, or behind another question.  Equal arguments give equal dialogues, and the
    size of one split has no influence on the others.

    Raises:
        ValueError: the language is unknown; ``sizes`` are not three, negative, or too large for
            the number of different questions.
    Guide: 9.2 (G40).
    """
    talk = talk_of(language)
    if len(sizes) != len(SPLITS) or min(sizes) < 0:
        raise ValueError(f"sizes must be three that are not negative, got {sizes}")
    splits: list[list[Question]] = [[], [], []]
    for made in (firsts, seconds):
        every = list(made(talk))
        order = stream(seed, f"dialogues {made.__name__}").permutation(len(every))
        ends = len(every) // 5, 2 * len(every) // 5
        pools = order[ends[1] :], order[ends[0] : ends[1]], order[: ends[0]]
        for split, (pool, size) in enumerate(zip(pools, sizes, strict=True)):
            first = round(FIRST * size)
            count = first if made is firsts else size - first
            if count > len(pool):
                raise ValueError(
                    f"{size} questions are too many for {SPLITS[split]}: {count} of them would be "
                    f"{made.__name__}, and there are {len(pool)}"
                )
            splits[split] += [every[i] for i in pool[:count]]
    for split, questions in enumerate(splits):
        mixed = stream(seed, f"dialogues {SPLITS[split]}").permutation(len(questions))
        splits[split] = [questions[i] for i in mixed]
    return Dialogues(*splits)


def statements(language: str, *, seed: int = 0, size: int = 2000) -> list[str]:
    """Lines to pretrain on: what is right, in sentences of which nobody asks anything.

    Every row of every topic is said in all its forms before one is said twice, in random order.

    Raises:
        ValueError: the language is unknown; ``size`` is negative.
    """
    talk = talk_of(language)
    if size < 0:
        raise ValueError(f"size must not be negative, got {size}")
    every = [
        capital(form.format(asked=asked, right=right))
        for topic in talk.topics
        for asked, right in topic.rows
        for form in topic.statements
    ]
    rng = stream(seed, "statements")
    lines: list[str] = []
    while len(lines) < size:
        lines += [every[i] for i in rng.permutation(len(every))[: size - len(lines)]]
    return lines


def preferences(
    questions: Sequence[Question], language: str, *, rng: np.random.Generator
) -> list[Preference]:
    """For every question the right answer beside a worse one, of a kind drawn at random::

        "wrong"         what is right about another row of the topic
        "said twice"    the right answer, and once more
        "chatty"        the right answer behind words that say nothing

    Raises:
        ValueError: the language is unknown.
        TypeError: ``rng`` is no generator.
    """
    worse = tuple(worse_answers(language).values())
    check_rng(rng)
    drawn = rng.integers(len(worse), size=len(questions))
    return [
        Preference(question.asked, question.right, worse[kind](question, rng))
        for question, kind in zip(questions, drawn, strict=True)
    ]


def worse_answers(language: str) -> dict[str, Callable[[Question, np.random.Generator], str]]:
    """The kinds of answers that nobody prefers, by name: see ``preferences``."""
    talk = talk_of(language)
    return {
        "wrong": lambda question, rng: question.wrong[rng.integers(len(question.wrong))],
        "said twice": lambda question, rng: question.right + talk.space + question.right,
        "chatty": lambda question, rng: (
            talk.chatter[rng.integers(len(talk.chatter))] + talk.space + question.right
        ),
    }


def talk_of(language: str) -> Talk:
    """What a language brings to the dialogues.

    Raises:
        ValueError: it is unknown.
    """
    if language not in TALK:
        raise ValueError(f"no dialogues in {language!r}; there are {', '.join(map(repr, TALK))}")
    return TALK[language]


def firsts(talk: Talk) -> Iterator[Question]:
    """Every question that begins a conversation, but for those that ``seconds`` begin with."""
    for topic in talk.topics:
        for row in topic.rows:
            for form in topic.questions[1:]:
                yield Question((said(form, row),), *answers(topic, row))


def seconds(talk: Talk) -> Iterator[Question]:
    """Every question behind another one of its topic, with the right answer to that."""
    for topic in talk.topics:
        for first in topic.rows:
            reply = Message("assistant", answers(topic, first)[0])
            opening = said(topic.questions[0], first)
            for row in topic.rows:
                for form in topic.follow:
                    if row != first:
                        asked = (opening, reply, said(form, row))
                        yield Question(asked, *answers(topic, row))


def said(form: str, row: tuple[str, str]) -> Message:
    """What the user asks about a row."""
    return Message("user", capital(form.format(asked=row[0])))


def answers(topic: Topic, row: tuple[str, str]) -> tuple[str, tuple[str, ...]]:
    """What is right about a row, and what would be right about others but not about it."""
    asked, right = row
    others = sorted({other for _, other in topic.rows} - {right})
    told = [capital(topic.answer.format(asked=asked, right=one)) for one in (right, *others)]
    return told[0], tuple(told[1:])


def capital(text: str) -> str:
    """With a capital at its start."""
    return text[0].upper() + text[1:]
