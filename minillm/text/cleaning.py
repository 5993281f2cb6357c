"""Data cleaning: one spelling for each text, no empty or useless ones, no duplicates."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from minillm.text.examples import Example

# Full-width Latin letters and digits stand this far above their ASCII twins.
FULL_WIDTH = ord("Ａ") - ord("A")
ASCII_TWINS = {code + FULL_WIDTH: code for code in range(128) if chr(code).isalnum()}

UNSEEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters that are not white space
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width blanks, a stray byte-order mark
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of writing direction
    "\ud800-\udfff"  # halves of a surrogate pair, which UTF-8 cannot hold
    "]"
)


def normalize(text: str) -> str:
    """The text in one canonical spelling: composed, visible, blanks single::

        normalize("  Ｃafe\\u0301\\u00a0９\\x07 ")  ->  "Café 9"

    In order: full-width Latin letters and digits become ASCII; control characters and marks
    that nobody sees are removed; letters and their accents are composed (Unicode NFC); any run
    of white space, no-break and ideographic blanks included, becomes one blank.

    NFKC would do more, and too much: it turns "x²" into "x2" and the Chinese comma "，" into
    an ASCII one while "。" stays.  The joiners U+200C and U+200D are kept, since Persian words
    and family emoji fall apart without them.  Case is left to the tokeniser.  Normalising twice
    changes nothing more.

    Raises:
        TypeError: ``text`` is not a string.
    Source: Unicode Standard Annex #15, "Unicode Normalization Forms".
    Guide: 9.3.2 (G5).
    """
    require_text(text)
    # Composing comes last: a removed mark may have stood between a letter and its accent.
    visible = UNSEEN.sub("", text.translate(ASCII_TWINS))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def require_text(text: Any) -> None:
    """Refuse what is not a string."""
    if not isinstance(text, str):
        raise TypeError(f"a text must be a str, got {type(text).__name__}")


def require_texts(texts: Any) -> None:
    """Refuse one text where many are expected: every letter of it would be taken for a text."""
    if isinstance(texts, str):
        raise TypeError(f"expected a list of texts, got the text {texts[:40]!r}; write [text]")


def text_key(text: str) -> str:
    """What two texts have in common when they count as the same: normalised, without case."""
    return without_case(normalize(text))


def without_case(text: str) -> str:
    """The text without the difference of upper and lower case, composed.

    A small letter may have a code point with its accent where the capital has none.
    Source: The Unicode Standard, section 3.13, "Default Caseless Matching".
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


@dataclass(frozen=True)
class CleaningReport:
    """What ``clean`` did: ``read`` is the sum of ``kept`` and all that was dropped."""

    read: int
    altered: int  # of those read: normalisation changed the text
    empty: int
    too_long: int
    no_letters: int
    duplicates: int
    contradictions: int
    kept: int

    def __str__(self) -> str:
        return (
            f"{self.read} read, {self.kept} kept ({self.altered} altered); dropped: "
            f"{self.empty} empty, {self.too_long} too long, {self.no_letters} without letters, "
            f"{self.duplicates} duplicates, {self.contradictions} contradictions"
        )


def clean(
    examples: Iterable[Example], *, max_characters: int = 10_000
) -> tuple[list[Example], CleaningReport]:
    """The examples worth training on, normalised and in their order, and a count of the others.

    An example is dropped if its normalised text is empty, longer than ``max_characters``, or
    without any letter or digit ("?!").  Of equal texts with one label the first stays; if their
    labels differ all go, for nobody knows which label is right.  Texts are equal if they differ
    in case and blanks only.

    Raises:
        ValueError: ``max_characters`` is less than 1.
    Guide: 9.3.2 (G5).
    """
    if max_characters < 1:
        raise ValueError(f"max_characters must be at least 1, got {max_characters}")
    given = list(examples)
    normalized = [Example(normalize(text), label) for text, label in given]
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for text, label in normalized:
        labels[without_case(text)].add(label)

    counts = dict.fromkeys(("empty", "too_long", "no_letters", "duplicates", "contradictions"), 0)
    kept: dict[str, Example] = {}
    for example in normalized:
        key = without_case(example.text)
        if not example.text:
            counts["empty"] += 1
        elif len(example.text) > max_characters:
            counts["too_long"] += 1
        elif not any(character.isalnum() for character in example.text):
            counts["no_letters"] += 1
        elif len(labels[key]) > 1:
            counts["contradictions"] += 1
        elif key in kept:
            counts["duplicates"] += 1
        else:
            kept[key] = example
    altered = sum(new.text != old.text for new, old in zip(normalized, given, strict=True))
    report = CleaningReport(read=len(given), altered=altered, kept=len(kept), **counts)
    return list(kept.values()), report
