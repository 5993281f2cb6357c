"""Conversations and pairs of answers from files, as a language model can learn from them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from minillm.commands.arguments import add_encoding
from minillm.commands.generate import load_language_model
from minillm.commands.held_out import held_apart
from minillm.commands.tables import percent
from minillm.course.assets import MAKERS, load
from minillm.tasks.generation import LanguageModel
from minillm.tasks.generation.tokens import plain_texts
from minillm.text import text_key
from minillm.text.documents import Conversation, Message, read_conversations
from minillm.text.preference_files import Preference, read_preferences

T = TypeVar("T", Conversation, Preference)
BUILT_IN = "gpt"  # the language model that comes with minillm
SAME = "ask what is also asked in those held out"
UNKNOWN = 0.2  # share of unknown tokens above which the model is the wrong one


def add_chat_files(parser: argparse.ArgumentParser, *, what: str) -> None:
    """A model to begin with, a file to learn from, and one to measure on."""
    add = parser.add_argument
    add(
        "model",
        metavar="MODEL",
        help=f"the folder or file of a language model; or {BUILT_IN}, a small one that comes with "
        "minillm",
    )
    add("file", type=Path, metavar="FILE", help=what)
    add(
        "--held-out",
        type=Path,
        metavar="FILE",
        help="of the same form, to measure on; default: a tenth of FILE",
    )
    add_encoding(parser)


def open_language(name: str, device: str) -> LanguageModel:
    """The language model of a folder or a file, or the one that comes with minillm.

    Raises:
        OSError: there is none of that name.
        CheckpointError: damaged, or another kind of model.
        ValueError: it cannot write conversations.
    """
    if name == BUILT_IN and not Path(name).exists():
        language: LanguageModel = load(name)
    elif name in MAKERS and not Path(name).exists():
        raise ValueError(f"MODEL {name} is no language model and does not write: {BUILT_IN} does")
    elif not Path(name).exists():
        raise FileNotFoundError(
            f"{name}: there is no such file or folder, and the language model that comes with "
            f"minillm is {BUILT_IN}"
        )
    else:
        language = load_language_model(Path(name), device)
    language.model.to_device(device)
    language.template.require_known(language.vocabulary)
    return language


def read_chats(
    arguments: argparse.Namespace, language: LanguageModel, seed: int
) -> tuple[list[Conversation], list[Conversation]]:
    """The conversations to learn from, and those to measure on.

    Raises:
        ValueError: one has no answer, or a role without a turn, with its number in the file; none
            is left to learn from; as ``read_conversations``.
    """
    given = (arguments.file, arguments.held_out)
    read = [path and read_conversations(path, encoding=arguments.encoding) for path in given]
    kept = [
        some and fitting(language, some, path, "conversations", lambda one: [one])
        for path, some in zip(given, read, strict=True)
    ]
    return held_apart(
        kept[0],
        kept[1],
        path=given[0],
        what="conversations",
        same=SAME,
        key=question_key,
        seed=seed,
    )


def read_pairs(
    arguments: argparse.Namespace, language: LanguageModel, seed: int
) -> tuple[list[Preference], list[Preference]]:
    """The pairs of answers to learn from, and those to measure on.

    Raises:
        ValueError: as ``read_chats``, and ``read_preferences``.
    """
    given = (arguments.file, arguments.held_out)
    read = [path and read_preferences(path, encoding=arguments.encoding) for path in given]
    both = {(p.asked, p.chosen, p.rejected) for p in read[0]}
    if torn := sum((asked, rejected, chosen) in both for asked, chosen, rejected in both):
        print(f"{given[0]}: {torn // 2} pairs are preferred one way and the other")
    kept = [
        some and fitting(language, some, path, "pairs", both_told)
        for path, some in zip(given, read, strict=True)
    ]
    return held_apart(
        kept[0],
        kept[1],
        path=given[0],
        what="pairs",
        same=SAME,
        key=lambda pair: question_key(both_told(pair)[0]),
        seed=seed,
    )


def fitting(
    language: LanguageModel,
    items: Sequence[T],
    path: Path,
    what: str,
    conversations: Callable[[T], Sequence[Conversation]],
) -> list[T]:
    """What is not longer than the model reads; the rest is counted.

    Raises:
        ValueError: one cannot be learned from, with its number; none is left.
    """
    longest, kept = language.model.config.max_length, []
    tokens = language.tokenizer, language.vocabulary
    for number, one in enumerate(items, start=1):
        try:
            rows = [language.template.encode_answers(c, *tokens)[0] for c in conversations(one)]
        except ValueError as error:
            raise ValueError(f"{path}, {what[:-1]} {number}: {error}") from error
        if max(map(len, rows)) <= longest:
            kept.append(one)
    if not kept:
        raise ValueError(
            f"{path}: all {what} are longer than the {longest} tokens the model reads: take one "
            "that was pretrained with a larger --max-length"
        )
    if len(kept) < len(items):
        left = len(items) - len(kept)
        print(f"{path}: {left} of {len(items)} {what} are longer than {longest} tokens: left out")
        if left > len(items) / 10:
            print("a model that was pretrained with a larger --max-length would read them")
    return kept


def both_told(pair: Preference) -> list[Conversation]:
    """The question with each of its answers."""
    return [(*pair.asked, Message("assistant", one)) for one in (pair.chosen, pair.rejected)]


def question_key(conversation: Conversation) -> str:
    """By what two conversations are the same: all that stands before the last answer."""
    last = max(place for place, one in enumerate(conversation) if one.role == "assistant")
    return text_key("\n".join(message.content for message in conversation[:last]))


def describe(
    language: LanguageModel,
    train: Sequence[Conversation],
    held_out: Sequence[Conversation],
    what: str = "conversations",
) -> None:
    """Print how much there is to learn from, and whether the model knows the words."""
    for name, some in (("train", train), ("held out", held_out)):
        answers = sum(message.role == "assistant" for one in some for message in one)
        told = "" if what == "pairs" else f", answers {answers:,}"
        print(f"{name}: {what} {len(some):,}{told}")
    texts = map(language.tokenizer.tokenize, plain_texts([*train, *held_out]))
    unknown = language.vocabulary.unknown_rate(texts)
    print(f"vocabulary {len(language.vocabulary):,}, unknown {percent(unknown)}")
    if unknown > UNKNOWN:
        print("the model does not know these words: take one that was pretrained on such texts")
    print(f"parameters {language.model.parameter_count():,}")
