"""Plain tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from minillm.text.terminal import display_width


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


def percent(share: float) -> str:
    """A share as ``93.1 %``."""
    return f"{100 * share:.1f} %"
