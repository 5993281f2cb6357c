"""Which of the texts of a file are held out, where the user gives no file of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TypeVar

from minillm.backend import stream
from minillm.tasks.generation.tokens import plain_texts
from minillm.text import text_key
from minillm.text.documents import Document

T = TypeVar("T")
LEAST = 10


def held_apart(
    items: Sequence[T],
    held_out: Sequence[T] | None,
    *,
    path: Path,
    what: str,
    same: str = "are also held out",
    key: Callable[[T], Hashable],
    seed: int,
) -> tuple[list[T], list[T]]:
    """What is learned from, and what is held out: ``held_out``, or a tenth drawn from ``items``.

    Nothing is learned from whose ``key`` is that of something held out, which is told as ``same``.

    Raises:
        ValueError: there are too few to hold any out, or none beside those that are.
    """
    kept, apart = list(items), list(held_out or ())
    if held_out is None:
        if len(items) < LEAST:
            raise ValueError(
                f"{path}: {len(items)} {what} are too few to hold a tenth out: give at least "
                f"{LEAST}, or --held-out FILE"
            )
        order = stream(seed, "held out").permutation(len(items))
        tenth = {int(i) for i in order[: len(items) // LEAST]}
        apart = [items[i] for i in sorted(tenth)]
        kept = [one for i, one in enumerate(items) if i not in tenth]
    keys = set(map(key, apart))
    left = [one for one in kept if key(one) not in keys]
    if len(left) < len(kept):
        print(f"{len(kept) - len(left)} of the {what} {same}: dropped")
    if not left:
        raise ValueError(f"{path}: all of the {what} {same}: nothing is left to learn from")
    return left, apart


def key_of(document: Document) -> str:
    """By what two documents are the same."""
    return text_key("\n".join(plain_texts([document])))
