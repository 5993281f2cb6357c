"""Labelled files as the options say, with what was noticed while they were read."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from minillm.tasks import TextEncoder
from minillm.text import Example, read_labelled, text_key


def read(path: Path, arguments: argparse.Namespace) -> list[Example]:
    """The examples of a file; prints the notes on how it was read."""
    found = read_labelled(
        path,
        columns=arguments.columns,
        delimiter=arguments.delimiter,
        encoding=arguments.encoding,
    )
    for note in found.notes:
        print(f"{path}: {note}")
    return found.examples


def print_empty(name: str | Path, examples: Sequence[Example]) -> None:
    """How many texts hold nothing that can be read, if there are any."""
    empty = sum(not text_key(text) for text, _ in examples)
    if empty:
        print(f"{name}: {empty} of {len(examples)} texts are empty: they are labelled all the same")


def print_cut(encoder: TextEncoder, **parts: Sequence[Example]) -> None:
    """How many texts are longer than the model reads, where there are any."""
    for name, examples in parts.items():
        cut = encoder.count_cut(text for text, _ in examples)
        if cut:
            print(
                f"{name}: {cut} of {len(examples)} texts are cut to max_length "
                f"{encoder.max_length} tokens"
            )
