"""Conversations and pairs of answers from files, as a language model can learn from them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from minillm.commands.arguments import add_encoding
from minillm.commands.generate import load_language_model
from minillm.commands.held_out import held_apart, key_of
from minillm.commands.tables import percent
from minillm.commands.unknown_words import warn_of_unknown
from minillm.course.assets import MAKERS, load
from minillm.tasks.generation import LanguageModel
from minillm.tasks.generation.tokens import plain_texts
from minillm.text.documents import Conversation, Message, read_conversations
from minillm.text.preference_files import Preference, read_preferences

T = TypeVar("T", Conversation, Preference)
BUILT_IN = "gpt"  # the language model that comes with minillm


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

    def read(path: Path) -> list[Conversation]:
        found = read_conversations(path, encoding=arguments.encoding)
        return fitting(language, found, path, "conversations", lambda one: [one])

    return parted(arguments, read, "conversations", lambda one: one[: place_of_answer(one)], seed)


def read_pairs(
    arguments: argparse.Namespace, language: LanguageModel, seed: int
) -> tuple[list[Preference], list[Preference]]:
    """The pairs of answers to learn from, and those to measure on.

    Raises:
        ValueError: as ``read_chats``, and ``read_preferences``.
    """

    def read(path: Path) -> list[Preference]:
        found = read_preferences(path, encoding=arguments.encoding)
        if path == arguments.file:
            count_torn(found, path)
        return fitting(language, found, path, "pairs", both_told)

    return parted(arguments, read, "pairs", lambda pair: pair.asked, seed)


def parted(
    arguments: argparse.Namespace,
    read: Callable[[Path], list[T]],
    what: str,
    asked: Callable[[T], Conversation],
    seed: int,
) -> tuple[list[T], list[T]]:
    """What is learned from FILE, and what is measured on; they ask nothing in common."""
    items = read(arguments.file)
    held_out = None if arguments.held_out is None else read(arguments.held_out)
    return held_apart(
        items,
        held_out,
        path=arguments.file,
        what=what,
        same="ask what is also asked in those held out",
        key=lambda one: key_of(asked(one)),
        seed=seed,
    )


def count_torn(pairs: Sequence[Preference], path: Path) -> None:
    """Print how many pairs are preferred in both directions, if any are."""
    both = {(pair.asked, pair.chosen, pair.rejected) for pair in pairs}
    if torn := sum((asked, rejected, chosen) in both for asked, chosen, rejected in both):
        print(f"{path}: {torn // 2} pairs are preferred one way and the other")


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


def place_of_answer(conversation: Conversation) -> int:
    """Where the last answer of the assistant stands."""
    return max(place for place, one in enumerate(conversation) if one.role == "assistant")


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
    warn_of_unknown(unknown)
    print(f"parameters {language.model.parameter_count():,}")
