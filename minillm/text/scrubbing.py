"""Personal data taken out of texts: addresses, telephones, numbers of people, and listed names.

A pattern finds what has a form.  What is told in other words ("anna at example") it misses, and
what has the form by chance it takes away, so both are to be measured.  It finds::

    EMAIL  anna.v@post.example.org, josé@münchen.de, wang@公司.cn
    ID     11010519491231002X; 123-45-6789; 4111 1111 1111 1111, with blanks, dashes or neither
    PHONE  13812345678, 138 1234 5678 or with dashes, +86 before it or not; 010-12345678,
           010 12345678, (010)12345678; 555-0173, 415-555-0132, (415) 555-0132, +1 before it or
           not; +44 20 7946 0958, +49 1511234567, +491511234567

Left in are, among others: the ends of addresses in other letters (.рф, .中国), dates of birth,
streets, passports, bank accounts and plates, numbers without a country or area (7946 0958), with
its zero in brackets (+44 (0)20), in other groups or in words, and names that nobody has listed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from minillm.text.cleaning import require_text, require_texts

LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
OTHER = "\u0370-\u052f\u1f00-\u1fff"  # Greek, Cyrillic
CHINESE = "\u3400-\u9fff"
PART = rf"(?:[{LATIN}0-9-]+|[{OTHER}]+|[{CHINESE}]+)"  # of a domain: in one script
MARK = "\u0300-\u036f"  # an accent that is a character of its own
SPACED = rf"[0-9_{LATIN}{OTHER}{MARK}]"  # what words are made of where blanks part them

ALONE = (r"(?<![A-Za-z0-9])(?<!\d[-.])", r"(?![A-Za-z0-9])(?![-.]\d)")  # no part of a longer word
PATTERNS: dict[str, tuple[str, ...]] = {
    "EMAIL": (rf"(?<![{LATIN}0-9._%+-])[{LATIN}0-9._%+-]+@(?:{PART}\.)+[A-Za-z]{{2,}}",),
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
            r"(?:0\d{2,3}[- ]|\(0\d{2,3}\) ?)\d{7,8}",  # at home, China
            r"(?:\+1[ -])?(?:\(\d{3}\) |\d{3}[-. ])?\d{3}[-.]\d{4}",  # North America
            r"\+\d{1,3}(?:[ -]\d{2,5}){2,4}",  # abroad
            r"\+\d{1,3}[ -]?\d{8,12}",
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

    Numbers of people count only if their check digit is right, or are of those that are issued.
    ``names`` are found as they are written, capitals too, and with accents that are characters of
    their own; an end that is a Latin, Greek or Cyrillic letter must end a word.  Full-width letters
    and digits are read as narrow ones.
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
        for form in spellings(name.translate(NARROW)):
            before = rf"(?<!{SPACED})" if re.match(SPACED, form[0]) else ""
            behind = rf"(?!{SPACED})" if re.match(SPACED, form[-1]) else rf"(?![{MARK}])"
            for match in re.finditer(before + re.escape(form) + behind, text):
                yield Finding("NAME", match.start(), match.end())


def spellings(name: str) -> list[str]:
    """A name with its accents in the letters, and with accents that are characters of their own."""
    return [*dict.fromkeys([name, *(unicodedata.normalize(f, name) for f in ("NFC", "NFD"))])]


def is_number_of_person(number: str) -> bool:
    """Whether the check digit is right, or, of one that has none, whether such are issued.

    Source: Social Security Administration, "Social Security Number Randomization": never issued
        are the areas 000, 666 and 900 on, the group 00 and the serial number 0000.
    """
    if "-" in number and len(number) == 11:
        area, group, serial = number.split("-")
        return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
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
