"""Personal data taken out of texts: addresses, telephones, numbers of people, and listed names.

A pattern finds what has a form.  What is told in other words ("anna at example") it misses, and
what has the form by chance it takes away, so both are to be measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from minillm.text.cleaning import require_text, require_texts

ALONE = (r"(?<![A-Za-z0-9])(?<!\d[-.])", r"(?![A-Za-z0-9])(?![-.]\d)")  # no part of a longer word
PATTERNS: dict[str, tuple[str, ...]] = {
    "EMAIL": (r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",),
    "ID": tuple(
        form.join(ALONE)
        for form in (
            r"\d{17}[\dXx]",  # a resident of China, with a check digit
            r"\d{3}-\d{2}-\d{4}",  # social security, United States
            r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}",  # a payment card, with a check digit
        )
    ),
    "PHONE": tuple(
        form.join(ALONE)
        for form in (
            r"(?:\+86[ -]?)?1[3-9]\d([ -]?)\d{4}\1\d{4}",  # mobile, China
            r"0\d{2,3}-\d{7,8}",  # at home, China
            r"(?:\+1[ -])?(?:\(\d{3}\) |\d{3}[-. ])?\d{3}[-.]\d{4}",  # North America
            r"\+\d{1,3}(?:[ -]\d{2,5}){2,4}",  # abroad
        )
    ),
}
COMPILED = {
    kind: [re.compile(form, re.ASCII) for form in forms] for kind, forms in PATTERNS.items()
}
NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # one character for one
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Finding(NamedTuple):
    """Where something personal stands: ``text[start:stop]``."""

    kind: str  # EMAIL, ID, PHONE or NAME
    start: int
    stop: int


def personal_data(text: str, *, names: Iterable[str] = ()) -> list[Finding]:
    """What has the form of something personal, from left to right; no two overlap.

    Numbers of people count only if their check digit is right; ``names`` are found as they are
    written, Latin ones as whole words.  Full-width letters and digits are read as narrow ones.
    Of findings that overlap the first, and of those that begin together the longest stays.

    Raises:
        TypeError: ``text`` is not a string, or ``names`` is one.
        ValueError: an empty name.
    Guide: 8.2.2 (G54).
    """
    require_text(text)
    narrow = text.translate(NARROW)
    found = [
        Finding(kind, match.start(), match.end())
        for kind, patterns in COMPILED.items()
        for pattern in patterns
        for match in pattern.finditer(narrow)
        if kind != "ID" or is_number_of_person(match.group())
    ]
    found += named(narrow, names)
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda one: (one.start, -one.stop)):
        if not kept or finding.start >= kept[-1].stop:
            kept.append(finding)
    return kept


def scrub(text: str, *, names: Iterable[str] = ()) -> str:
    """The text with ``[EMAIL]``, ``[PHONE]``, ``[ID]`` or ``[NAME]`` for what is personal::

        scrub("Anna: 555-0173", names=["Anna"])  ->  "[NAME]: [PHONE]"

    Raises:
        TypeError, ValueError: as ``personal_data``.
    Guide: 8.2.2 (G54).
    """
    parts, end = [], 0
    for kind, start, stop in personal_data(text, names=names):
        parts += [text[end:start], f"[{kind}]"]
        end = stop
    return "".join([*parts, text[end:]])


def named(text: str, names: Iterable[str]) -> Iterator[Finding]:
    """Where the names stand, the longest first: Chinese has no blanks around them.

    Raises:
        TypeError, ValueError: as ``personal_data``.
    """
    require_texts(names)
    known = sorted({*names}, key=len, reverse=True)
    if "" in known:
        raise ValueError("personal_data: a name must not be empty")
    for name in known:
        form = re.escape(name)
        if name[0].isascii():
            form = r"\b" + form
        if name[-1].isascii():
            form += r"\b"
        for match in re.finditer(form, text, re.ASCII):
            yield Finding("NAME", match.start(), match.end())


def is_number_of_person(number: str) -> bool:
    """Whether the check digit is right, of those numbers that have one."""
    if "-" in number and len(number) == 11:
        return number[:3] not in ("000", "666") and number[0] != "9" and number[4:6] != "00"
    plain = re.sub("[ -]", "", number)
    return resident_check(plain) if len(plain) == 18 else luhn_check(plain)


def resident_check(number: str) -> bool:
    """Whether the last of 18 signs follows from the others::

        sum_i w_i d_i = c mod 11         the sign is "10X98765432"[c]

    Source: GB 11643-1999; ISO 7064, MOD 11-2.
    """
    total = sum(w * int(d) for w, d in zip(WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()


def luhn_check(number: str) -> bool:
    """Whether the digits, every second one from the right doubled, add up to a multiple of 10.

    Of a doubled one the digits are added.

    Source: ISO/IEC 7812-1, annex B.
    """
    digits = [int(d) for d in reversed(number)]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
