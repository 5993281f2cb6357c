"""Plain tables for the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two blanks apart, the first flush left, the others flush right."""
    lines = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(display_width(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell + fill if i == 0 else fill + cell
            for i, cell in enumerate(line)
            for fill in [" " * (widths[i] - display_width(cell))]
        ).rstrip()
        for line in lines
    )


def display_width(text: str) -> int:
    """Columns of a terminal that ``text`` takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def percent(share: float) -> str:
    """A share as ``93.1 %``."""
    return f"{100 * share:.1f} %"
