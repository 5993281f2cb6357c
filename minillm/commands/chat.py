"""``chat``: a conversation with a trained language model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from minillm.commands.arguments import add_model
from minillm.commands.generate import load_language_model
from minillm.commands.sampling_options import add_sampling, choice_of, refuse_large_k
from minillm.tasks.generation import ChatTemplate, LanguageModel
from minillm.text.documents import Message
from minillm.text.terminal import visible


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, the template of its conversations, and how it answers."""
    add_model(parser)
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="as JSON; default: that of the model"
    )
    parser.add_argument("--system", metavar="TEXT", help="what stands before the conversation")
    parser.add_argument(
        "--length", type=int, default=100, metavar="N", help="tokens of an answer at most"
    )
    add_sampling(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read a line, answer it, until the end of the input."""
    choice = choice_of(arguments)
    language = load_language_model(arguments.model, arguments.device)
    refuse_large_k(arguments, len(language.vocabulary))
    if arguments.template is not None:
        language.template = ChatTemplate.read(arguments.template)
    language.template.require_known(language.vocabulary)
    said = [Message("system", arguments.system)] if arguments.system else []
    end = language.vocabulary.token_to_id[language.template.end]
    for line in lines():
        said.append(Message("user", line))
        ids, said = fitting(language, said)
        pieces = []
        for piece in language.stream(ids, arguments.length, stop_ids=[end], **choice):
            pieces.append(piece)
            print(visible(piece), end="", flush=True)
        print()
        said.append(Message("assistant", "".join(pieces)))


def lines() -> Iterator[str]:
    """What is typed, or piped, line by line; blank lines are passed over."""
    by_hand = sys.stdin.isatty()
    if by_hand:
        print("one line each; Ctrl-D ends", file=sys.stderr)
    while True:
        if by_hand:
            print("> ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.rstrip("\n")


def fitting(language: LanguageModel, said: Sequence[Message]) -> tuple[np.ndarray, list[Message]]:
    """The ids of a conversation that is to go on, and its turns; the oldest are forgotten.

    Half of the positions are left for the answer where that can be; what the system said stays.

    Raises:
        ValueError: the last message alone is longer than the model reads.
    """
    longest = language.model.config.max_length
    kept = list(said)
    while True:
        ids = language.template.encode(kept, language.tokenizer, language.vocabulary, ask=True)
        first = 1 if kept[0].role == "system" else 0
        if len(ids) <= longest // 2 or len(kept) <= first + 1:
            break
        del kept[first]
    if len(ids) > longest:
        raise ValueError(
            f"the message is over-long: {len(ids)} tokens with the marks around it, and the model "
            f"reads {longest}"
        )
    if len(kept) < len(said):
        print(f"(forgotten: the first {len(said) - len(kept)} turns)", file=sys.stderr)
    return ids, kept
