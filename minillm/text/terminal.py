"""How a text stands on a terminal."""

from __future__ import annotations

import unicodedata


def display_width(text: str) -> int:
    """Columns of a terminal that ``text`` takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, columns: int) -> str:
    """The text if it fits, else its beginning and three dots."""
    if display_width(text) <= columns:
        return text
    kept, used = [], 3
    for character in text:
        used += display_width(character)
        if used > columns:
            break
        kept.append(character)
    return "".join(kept) + "..."
