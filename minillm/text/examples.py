"""Labelled examples: a text, and the name of its class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Example(NamedTuple):
    """A text and the name of its class."""

    text: str
    label: str


def class_counts(examples: Iterable[Example]) -> dict[str, int]:
    """How many examples each class has, by class name in sorted order."""
    return dict(sorted(Counter(example.label for example in examples).items()))


def require_classes(examples: Iterable[Example], *, source: str | Path) -> None:
    """Refuse examples that no classifier can learn from because they do not differ in class.

    Raises:
        ValueError: there are fewer than two classes; the message starts with ``source``.
    """
    counts = class_counts(examples)
    if len(counts) < 2:
        found = f"only the class {next(iter(counts))!r}" if counts else "no examples"
        raise ValueError(f"{source}: {found}, but a classifier needs at least two classes")
