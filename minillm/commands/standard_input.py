"""Texts that are piped in, one a line."""

from __future__ import annotations

import sys

from minillm.text.encodings import decode
from minillm.text.reading import lines_of


def is_piped() -> bool:
    """Whether something is piped in: nobody is kept waiting at a keyboard."""
    return sys.stdin is not None and not sys.stdin.isatty()


def piped_lines(encoding: str = "utf-8") -> list[str]:
    """The lines of standard input.

    Raises:
        ValueError: they are not in that encoding.
    """
    return lines_of(decode(sys.stdin.buffer.read(), name="standard input", encoding=encoding))
