"""Flaws put into clean data at known rates, so that a filter can be held to account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minillm.text import Example, clean, normalize
from minillm.text.cleaning import FULL_WIDTH
from minillm.text.tokenizers import is_ideograph

# What can be wrong with an item
FLAWS = {
    "wrong label": "the label",
    "twin": "the label of a copy",
    "near twin": "the label of a copy that is spelled otherwise",
    "reworded twin": "the label of a copy that has a word more",
    "spelling": "nothing but stray characters",
    "useless": "all: it is not a sentence",
}
OTHER = {"negative": "positive", "positive": "negative"}


class Item(NamedTuple):
    """An example, what is wrong with it ("" for nothing), and its kind of sentence."""

    example: Example
    flaw: str
    tags: frozenset[str]


def flipped(example: Example, text: str | None = None) -> Example:
    """The example with the other label, and perhaps another text."""
    return Example(example.text if text is None else text, OTHER[example.label])


def is_chinese(text: str) -> bool:
    """Whether the text has a Chinese character."""
    return any(map(is_ideograph, text))


def respelled(text: str, rng: np.random.Generator) -> str:
    """The same text to a reader: full-width letters, upper case, or wide and unseen blanks.

    Chinese has neither letters nor case: blanks around it, or unseen signs in it or before it.
    """
    way = int(rng.integers(3))
    if is_chinese(text):
        return (f"\u3000{text}\u00a0", "\u200b".join(text), f"\ufeff{text}")[way]
    if way == 0:
        return "".join(chr(ord(c) + FULL_WIDTH) if c.isascii() and c.isalnum() else c for c in text)
    return text.upper() if way == 1 else text.replace(" ", " \u200b\u00a0")


def reworded(text: str) -> str:
    """The same to a person, another text to a program."""
    return f"嗯，{text}" if is_chinese(text) else "Well, " + text[:1].lower() + text[1:]


def with_strays(text: str) -> str:
    """The text with a control character and a blank that nobody sees."""
    if is_chinese(text):
        return f"{text[:1]}\x07\u200b{text[1:]}"
    return text.replace(" ", "\x07\u00a0 ", 1)


def useless(rng: np.random.Generator) -> str:
    """A line that says nothing."""
    lines = ("", " \u3000", "?!", "...", "x" * 1200)
    return lines[int(rng.integers(len(lines)))]


def spoil(
    examples: Sequence[Example],
    tags: Sequence[frozenset[str]],
    rates: Mapping[str, float],
    rng: np.random.Generator,
) -> list[Item]:
    """The examples with flaws: each rate is a share of the examples, no example has two.

    "wrong label" and "spelling" change an example, the others add an item.  The items are in
    random order.

    Raises:
        ValueError: a flaw is unknown, a rate is negative, or they sum to more than 1.
    """
    possible = all(rate >= 0 for rate in rates.values()) and sum(rates.values()) <= 1
    if set(rates) - set(FLAWS) or not possible:
        raise ValueError(
            f"rates of {', '.join(FLAWS)} must not be negative and sum to at most 1, "
            f"got {dict(rates)}"
        )
    order = rng.permutation(len(examples)).tolist()
    items = [Item(e, "", t) for e, t in zip(examples, tags, strict=True)]
    for flaw, rate in rates.items():
        count = round(rate * len(examples))
        chosen, order = order[:count], order[count:]
        for i in chosen:
            example, _, kind = items[i]
            if flaw == "wrong label":
                items[i] = Item(flipped(example), flaw, kind)
            elif flaw == "spelling":
                items[i] = Item(Example(with_strays(example.text), example.label), flaw, kind)
            elif flaw == "useless":
                items.append(Item(Example(useless(rng), example.label), flaw, frozenset()))
            else:
                twins = {
                    "twin": example.text,
                    "near twin": respelled(example.text, rng),
                    "reworded twin": reworded(example.text),
                }
                items.append(Item(flipped(example, twins[flaw]), flaw, kind))
    return [items[i] for i in rng.permutation(len(items))]


def cleaned(items: Sequence[Item], *, max_characters: int) -> tuple[list[Item], list[Item]]:
    """What ``clean`` keeps, normalised, and what it drops."""
    waiting, _ = clean([item.example for item in items], max_characters=max_characters)
    waiting.reverse()
    kept, dropped = [], []
    for item in items:
        normal = Example(normalize(item.example.text), item.example.label)
        if waiting and waiting[-1] == normal:
            kept.append(item._replace(example=waiting.pop()))
        else:
            dropped.append(item)
    return kept, dropped


def is_bad(item: Item) -> bool:
    """Whether an item is better dropped: stray characters can be repaired."""
    return item.flaw not in ("", "spelling")


def precision(dropped: Sequence[Item]) -> float:
    """The share of the dropped items that are bad; 0 if none was dropped."""
    return sum(map(is_bad, dropped)) / max(1, len(dropped))


def recall(items: Sequence[Item], dropped: Sequence[Item], flaw: str, kind: str = "") -> float:
    """The share of the items with a flaw, and a tag where one is given, that were dropped.

    Raises:
        ValueError: no item has that flaw and tag.
    """

    def count(some: Sequence[Item]) -> int:
        return sum(item.flaw == flaw and (not kind or kind in item.tags) for item in some)

    if not count(items):
        raise ValueError(f"no item has the flaw {flaw!r}{' and is ' + kind if kind else ''}")
    return count(dropped) / count(items)
