"""Spellings of words that can be undone: every letter moved on by so many places."""

from __future__ import annotations

from functools import cache

ALPHABETS = {"a": "z", "一": "龥"}  # the first letter of each, and the last one


@cache
def encoded(word: str, places: int) -> str:
    """The word with every letter so many places further on; behind the last one comes the first::

        encoded("bread", 7)  ->  "iylhk"            encoded(encoded(word, k), -k)  ->  word

    Signs that are in no alphabet stay as they are.

    Source: Yuan et al. 2023, "GPT-4 Is Too Smart To Be Safe: Stealthy Chat with LLMs via Cipher",
        arXiv:2308.06463, where safety training is passed by in such ciphers.
    """
    return "".join(moved(letter, places) for letter in word)


def moved(letter: str, places: int) -> str:
    """The letter so many places further on in its alphabet."""
    for first, last in ALPHABETS.items():
        if first <= letter <= last:
            size = ord(last) - ord(first) + 1
            return chr(ord(first) + (ord(letter) - ord(first) + places) % size)
    return letter
