"""Whole numbers below ten thousand in English and Chinese words, with the links between them.

English counts tens by words of their own and says "and" before the last two digits; Chinese says
every digit with its place and one zero for a gap::

    3042    three thousand and forty-two        三千零四十二
    3400    three thousand four hundred         三千四百
"""

from __future__ import annotations

from minillm.text.corpora.phrases import Phrase, in_order, phrase

LIMIT = 10_000
DIGITS = "零一二三四五六七八九"
BELOW_TWENTY = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
]
TENS = [
    *("zero", "ten", "twenty", "thirty", "forty"),
    *("fifty", "sixty", "seventy", "eighty", "ninety"),
]


def number_phrase(n: int) -> Phrase:
    """A number in both languages; every word is linked to the characters that say the same.

    "and" is linked to 零 where both stand, and otherwise to nothing.

    Raises:
        ValueError: ``n`` is not from 0 to 9999.
    """
    if not 0 <= n < LIMIT:
        raise ValueError(f"number_phrase: a number from 0 to {LIMIT - 1} is needed, got {n}")
    if n < 100:
        return phrase(english_below_hundred(n), chinese_below_hundred(n, alone=True))
    thousands, hundreds, rest = n // 1000, n // 100 % 10, n % 100
    parts = []
    if thousands:
        digit = "两" if thousands == 2 else DIGITS[thousands]
        parts += [phrase(BELOW_TWENTY[thousands], digit), phrase("thousand", "千")]
    if hundreds:
        parts += [phrase(BELOW_TWENTY[hundreds], DIGITS[hundreds]), phrase("hundred", "百")]
    if rest:
        gap = rest < 10 or not hundreds
        parts += [phrase("and", "零" if gap else "")]
        parts += [phrase(english_below_hundred(rest), chinese_below_hundred(rest, alone=False))]
    return in_order(parts)


def english_below_hundred(n: int) -> str:
    """One word: "seven", "seventeen", "seventy" or "seventy-one"."""
    if n < 20:
        return BELOW_TWENTY[n]
    return TENS[n // 10] + (f"-{BELOW_TWENTY[n % 10]}" if n % 10 else "")


def chinese_below_hundred(n: int, *, alone: bool) -> str:
    """Digits with their places: 十二 where it stands alone, 一十二 behind a hundred."""
    tens, ones = divmod(n, 10)
    if not tens:
        return DIGITS[ones]
    first = "" if alone and tens == 1 else DIGITS[tens]
    return f"{first}十{DIGITS[ones] if ones else ''}"


def counted(n: int) -> Phrase:
    """A number before a measure word, where two is 两 and not 二."""
    return phrase("two", "两") if n == 2 else number_phrase(n)
