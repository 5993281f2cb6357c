"""How a text stands on a terminal."""

from __future__ import annotations

import unicodedata


def display_width(text: str) -> int:
    """Columns of a terminal that ``text`` takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
