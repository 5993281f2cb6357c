"""What the words of an option are read as, where a Python type does not say it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from minillm.nn.recomputing import NUMBER
from minillm.text import kind_and_size


def number_of_blocks(text: str) -> int:
    """How many blocks are in a group; 0 for none.

    Raises:
        argparse.ArgumentTypeError: it is no such number.
    """
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{NUMBER}, got {text!r}")
    return int(text)


def at_least_1(text: str) -> int:
    """A positive integer.

    Raises:
        argparse.ArgumentTypeError: it is not.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer, got {text!r}")
    return int(text)


def tokenizer_words(words: str) -> str:
    """A kind of tokenisers, with its size where it learns."""
    try:
        kind_and_size(words)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return words


KINDS: dict[str, Callable[[str], Any]] = {  # of settings that have one
    "recompute": number_of_blocks,
    "accumulate": at_least_1,
    "tokenizer": tokenizer_words,
}
