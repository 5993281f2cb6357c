"""How a word is written: capitals, digits, signs, which lower-cased pieces no longer show."""

from __future__ import annotations

from minillm.text.tokenizers import is_ideograph

SHAPES = (
    *("ends", "other", "small", "Capital", "CAPITALS", "miXed", "Letter"),
    *("digits", "d1gits", "sign", "@name", "#topic", "address", "ideograph"),
)
NUMBERS = {name: i for i, name in enumerate(SHAPES)}


def shape_of(word: str) -> str:
    """The shape of a word, one of ``SHAPES``::

        rome -> small      Rome -> Capital      USA -> CAPITALS      iPhone -> miXed
        A -> Letter        2016 -> digits       4th -> d1gits        ... -> sign
        @anna -> @name     #rome -> #topic      http://t.co -> address      京 -> ideograph

    Source: Collobert et al. 2011, "Natural Language Processing (Almost) from Scratch",
        arXiv:1103.0398, for a feature of capitals beside lower-cased words.
    """
    if word[:1] in "@#" and len(word) > 1:
        return "@name" if word[0] == "@" else "#topic"
    if "://" in word or word.startswith("www."):
        return "address"
    if all(map(is_ideograph, word)):
        return "ideograph"
    letters = [c for c in word if c.isalpha()]
    if not letters:
        return "digits" if any(c.isdigit() for c in word) else "sign"
    if any(c.isdigit() for c in word):
        return "d1gits"
    return shape_of_letters(letters)


def shape_of_letters(letters: list[str]) -> str:
    """The shape of a word by its letters alone."""
    capitals = [c.isupper() for c in letters]
    if not any(capitals):
        return "small" if any(c.islower() for c in letters) else "other"
    if all(capitals):
        return "CAPITALS" if len(letters) > 1 else "Letter"
    return "miXed" if any(capitals[1:]) else "Capital"
