"""Files of word vectors as others write and read them: lines of text, with a header or without.

The binary format is in ``binary_files``; ``read_vectors`` tells them apart.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from minillm.backend import write_atomically
from minillm.models.word_vectors.vectors import WordVectors
from minillm.text.reading import GZIP

HEADER = re.compile(rb"(\d+) (\d+)")
MARK = "\ufeff"  # the byte-order mark


def write_vectors(path: str | Path, vectors: WordVectors, *, header: bool = True) -> None:
    """Write a line ``word x_1 ... x_D`` for each word; with a header ``V D`` before them.

    word2vec has the header and GloVe has not.  Each number has as many digits as its float32
    needs, so that reading gives the same bits.

    Raises:
        ValueError: a word with a blank or a line end in it, for the line could not be read; a
            number too large for float32.
        OSError: as ``write_atomically``.
    """
    check_words(vectors.words)
    rows = zip(vectors.words, single(vectors.table), strict=True)
    lines = [f"{len(vectors)} {vectors.width}"] if header else []
    lines += [" ".join([word, *row.astype(str)]) for word, row in rows]
    begin = MARK if lines[0].startswith(MARK) else ""  # reading takes one mark away
    write_atomically(path, (begin + "\n".join(lines) + "\n").encode())


def read_text_vectors(
    path: str | Path, *, limit: int | None = None, blanks: bool = False
) -> WordVectors:
    """The vectors of a text file, float32; of the first ``limit`` words if it is given.

    A first line of two whole numbers is a header.  In some published files words have blanks in
    them; with ``blanks`` the last D fields of a line are the numbers and all before them the word,
    otherwise such a line is refused, because its row might just be too long.

    Raises:
        ValueError: an empty file; a line that is not a word and D finite numbers in float32's
            range; a word met twice; text that is not UTF-8; a header that promises another number
            of words or another width; a damaged gzip file.  The message has the line.
        OSError: the file cannot be read.
    """
    check_limit(limit)
    lines: dict[str, int] = {}  # where each word stands
    rows: list[np.ndarray] = []
    with opened(path) as file:
        first = file.readline().removeprefix(MARK.encode())
        promised = HEADER.fullmatch(first.rstrip(b" \r\n"))
        width = int(promised[2]) if promised else None
        started = [] if promised else [first]
        for number, line in numbered(file, started):
            if limit is not None and len(rows) == limit:
                break
            where = f"{path}, line {number}"
            word, row = parsed(line, width, where, blanks=blanks)
            width = len(row)
            if word in lines:
                raise ValueError(f"{where}: the word {word!r} is also on line {lines[word]}")
            lines[word] = number
            rows.append(row)
    found = len(rows)
    if promised and found != min(int(promised[1]), limit or int(promised[1])):
        raise ValueError(
            f"{path}, line 1: the header promises {promised[1].decode()} words, "
            f"and the file has {found}"
        )
    if not found:
        raise ValueError(f"{path}: no vectors: the file is empty")
    return WordVectors([*lines], np.array(rows))


def numbered(file: IO[bytes], started: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers; the first may be there already, or it was a header."""
    yield from enumerate((line for line in started if line), start=1)
    yield from enumerate(file, start=2)


def parsed(line: bytes, width: int | None, where: str, *, blanks: bool) -> tuple[str, np.ndarray]:
    """The word and the numbers of a line.

    Raises:
        ValueError: see ``read_text_vectors``.
    """
    fields = line.rstrip(b" \r\n").split(b" ")
    if blanks and width is not None and len(fields) > width + 1:
        fields = [b" ".join(fields[:-width]), *fields[-width:]]
    if len(fields) < 2 or (width is not None and len(fields) != width + 1):
        needed = "numbers" if width is None else f"{width} numbers"
        got = f"a word and {len(fields) - 1}" if any(fields) else "an empty line"
        more = width is not None and len(fields) > width + 1 and not blanks
        advice = "; if words have blanks in them, read with blanks=True" if more else ""
        raise ValueError(f"{where}: a word and {needed} needed, got {got}{advice}")
    try:
        row = np.array([float(field) for field in fields[1:]])
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    if not (np.abs(row) <= np.finfo(np.float32).max).all():  # NaN is not either
        raise ValueError(f"{where}: a number is not finite, or too large for float32")
    return word_of(fields[0], where), row.astype(np.float32)


def word_of(spelled: bytes, where: str) -> str:
    """A word as text.

    Raises:
        ValueError: it is empty, or not UTF-8.
    """
    if not spelled:
        raise ValueError(f"{where}: no word before the first blank")
    try:
        return spelled.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: the word {spelled[:40]!r} is not UTF-8") from error


@contextmanager
def opened(path: str | Path) -> Iterator[IO[bytes]]:
    """A file to read, also one that gzip has packed.

    Raises:
        ValueError: a damaged gzip file.
    """
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == GZIP
            raw.seek(0)
            file: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path}: damaged gzip file: {error}") from error


def check_words(words: tuple[str, ...]) -> None:
    """Refuse a word that would not be read back as it is written."""
    for word in words:
        if set(word) & set(" \r\n"):
            raise ValueError(
                f"the word {word!r} has a blank or a line end in it: it cannot be read"
            )


def check_limit(limit: int | None) -> None:
    """Refuse a number of words below 1."""
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1 word, got {limit}")


def single(table: np.ndarray) -> np.ndarray:
    """The table in float32, which all these files have.

    Raises:
        ValueError: a number is too large for it.
    """
    too_large = np.abs(table) > np.finfo(np.float32).max
    if too_large.any():
        raise ValueError(f"{table[too_large][0]} is too large for float32")
    return table.astype(np.float32)
