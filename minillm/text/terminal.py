"""How a text stands on a terminal."""

from __future__ import annotations

import unicodedata

SIGNS = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"},  # Control Pictures
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}


def display_width(text: str) -> int:
    """Columns of a terminal that ``text`` takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def visible(text: str) -> str:
    """The text with control characters as signs, line ends and tabs as they are::

        "a\\x1b[31mb"  ->  "a␛[31mb"

    What a model of bytes writes would else ring bells, erase lines, or colour a terminal.
    """
    return text.translate(SIGNS)


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
