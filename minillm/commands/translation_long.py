"""Texts that are longer than a translator reads: refused, cut or skipped, as the user says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from minillm.tasks.translation import Translator

REFUSE, CUT, SKIP = "refuse", "cut", "skip"


def add_long(parser: argparse.ArgumentParser, *, skipped: str) -> None:
    """What is done with a text that is too long; ``skipped`` says what becomes of it then."""
    parser.add_argument(
        "--long",
        choices=(REFUSE, CUT, SKIP),
        default=REFUSE,
        help="a text of more tokens than the model reads is refused (default), cut to as many as "
        f"it reads, or skipped: {skipped}",
    )


def places_to_translate(
    translator: Translator, texts: Sequence[str], where: Callable[[int], str], long: str
) -> list[int]:
    """The places of the texts that are translated; how many are cut or skipped goes to stderr.

    Raises:
        ValueError: a text is too long and ``long`` is "refuse"; says ``where`` it stands, and what
            would help.
    """
    longest = translator.model.config.max_length
    sizes = [len(translator.tokens.encode_source(text)) for text in texts]
    over = [place for place, size in enumerate(sizes) if size > longest]
    if not over:
        return [*range(len(texts))]
    if long == REFUSE:
        others = f", and {len(over) - 1} others are too long" if len(over) > 1 else ""
        raise ValueError(
            f"{where(over[0])}: {sizes[over[0]]} tokens, and the model reads {longest}{others}: "
            f"give --long {CUT} to translate the first {longest} of them, --long {SKIP} to pass "
            "over such texts, or shorter lines"
        )
    done = "cut to its first" if long == CUT else "skipped, being over"
    print(f"{len(over)} of {len(texts)} texts {done} {longest} tokens", file=sys.stderr)
    skipped = {*over} if long == SKIP else set[int]()
    return [place for place in range(len(texts)) if place not in skipped]
