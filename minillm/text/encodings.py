"""Which encoding some bytes are in: never guessed to read them, only to say what would help."""

from __future__ import annotations

import codecs
import re

# Two bytes of a Chinese character, as GB2312 and all its successors write it.
GBK_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
# Of those: punctuation, and the 3,755 characters of daily use.
GBK_COMMON = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
# Letters of Western Europe, one byte each, and the dashes, quotes and signs of Windows.
WESTERN = re.compile(rb"[\xc0-\xff\x80\x84\x85\x91-\x97\xa0\xa1\xa7\xab\xb0\xb4\xb7\xbb\xbf]")
HIGH = re.compile(rb"[\x80-\xff]+")
# Blanks, European letters and signs, Chinese and Japanese ones.
ORDINARY = re.compile(
    "[\t\n\r -~\u00a0-\u052f\u2000-\u206f\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]"
)


def decode(data: bytes, *, name: str, encoding: str = "utf-8") -> str:
    """The text that some bytes are, without a byte-order mark and with every line end as ``\\n``.

    Raises:
        ValueError: there is no such encoding; the bytes are of another one, and which is likely;
            they hold a NUL, so they are no text.  The message starts with ``name`` and
            has the line.
    """
    try:
        wide = len("a".encode(encoding)) > 1  # UTF-16 and UTF-32 have NUL bytes in plain text
        nul = -1 if wide else data.find(b"\0")
        if nul >= 0:
            found = advice(data) or f"; it looks like {binary_kind(data)}, and text is needed"
            before = data[:nul].decode(encoding, "ignore")
            raise ValueError(f"{name}, line {line_number(before)}: NUL byte at offset {nul}{found}")
        return plain_line_ends(data.decode(encoding)).removeprefix("\ufeff")
    except LookupError as error:
        raise ValueError(f"unknown encoding {encoding!r}: utf-8, utf-16, gbk are some") from error
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "ignore")
        raise ValueError(
            f"{name}, line {line_number(before)}: not {encoding.upper()}: byte "
            f"0x{data[error.start]:02x} at offset {error.start} ({error.reason}){advice(data)}"
        ) from error


def binary_kind(data: bytes) -> str:
    """What a file with NUL bytes probably is."""
    return "a spreadsheet or another archive" if data[:4] == b"PK\3\4" else "a binary file"


def advice(data: bytes) -> str:
    """The end of a message: which encoding is likely, if one is."""
    likely = likely_encoding(data)
    if likely is None:
        return ""
    return f"; it is probably {likely.upper()}: give that encoding (--encoding {likely})"


def likely_encoding(data: bytes) -> str | None:
    """``utf-16`` (``-le``, ``-be`` without a mark), ``gbk`` or ``latin-1``, if they look like it.

    In UTF-16, blanks and line ends are two bytes and one of them is 0.  In GBK, bytes above 127
    come in pairs, and most of the pairs are characters of daily use; letters of Western Europe
    stand alone, and small Cyrillic ones are rare characters there.
    """
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if b"\0" in data:
        return next((name for name in ("utf-16-le", "utf-16-be") if reads_as(data, name)), None)
    high = sum(byte > 127 for byte in data)
    pairs, common = len(GBK_PAIR.findall(data)), len(GBK_COMMON.findall(data))
    if high and 2 * pairs >= 0.9 * high and common >= 0.7 * pairs:
        return "gbk"
    return western(data, high) if high else None


def western(data: bytes, high: int) -> str | None:
    """``latin-1``, or ``cp1252`` where it has signs of Windows, if the bytes look like it.

    Words of Western Europe have few letters beyond ASCII, and these seldom stand side by side;
    Cyrillic words have no others.
    """
    alone, letters = len(HIGH.findall(data)), len(WESTERN.findall(data))
    if letters < 0.9 * high or alone < 0.6 * high or not re.search(rb"[A-Za-z]", data):
        return None
    return "cp1252" if re.search(rb"[\x80-\x9f]", data) else "latin-1"


def reads_as(data: bytes, encoding: str) -> bool:
    """Whether bytes make lines or columns of ordinary characters in an encoding."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    ordinary = len(ORDINARY.findall(text))
    return "\0" not in text and ordinary >= 0.9 * len(text) and bool(re.search(r"[\t\n]", text))


def line_number(before: str) -> int:
    """The line, counted from 1, that follows a text."""
    return plain_line_ends(before).count("\n") + 1


def plain_line_ends(text: str) -> str:
    """Every line end as ``\\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
