"""word2vec's binary files: a header line, then for each word its letters, a blank, and floats."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO

import numpy as np

from minillm.backend import write_atomically
from minillm.models.word_vectors.vector_files import (
    HEADER,
    check_limit,
    check_words,
    opened,
    read_text_vectors,
    single,
    word_of,
)
from minillm.models.word_vectors.vectors import WordVectors

LONGEST = 10_000  # bytes of a word; in what is no such file no blank comes for long


def write_binary_vectors(path: str | Path, vectors: WordVectors) -> None:
    """Write the header ``V D``, then for each word ``word``, a blank, D float32, a line feed.

    The floats are little-endian.

    Raises:
        ValueError, OSError: as ``write_vectors``.
    """
    check_words(vectors.words)
    table = single(vectors.table).astype("<f4")
    parts = [f"{len(vectors)} {vectors.width}\n".encode()]
    for word, row in zip(vectors.words, table, strict=True):
        parts += [word.encode(), b" ", row.tobytes(), b"\n"]
    write_atomically(path, b"".join(parts))


def read_binary_vectors(path: str | Path, *, limit: int | None = None) -> WordVectors:
    """The vectors of a binary file; of the first ``limit`` words if it is given.

    The line feed behind a word's floats may be missing, as it is in some files.

    Raises:
        ValueError: no header; the file ends before all words are there, or goes on behind them; a
            word met twice; a number that is not finite; a word that is not UTF-8; a damaged gzip
            file.  The message has the number of the word, from 1.
        OSError: the file cannot be read.
    """
    check_limit(limit)
    number: dict[str, int] = {}
    with opened(path) as file:
        promised, width = header_of(file, path)
        wanted = promised if limit is None else min(promised, limit)
        rows = []
        for i in range(1, wanted + 1):
            where = f"{path}, word {i} of {promised}"
            word, row = next_word(file, width, where)
            if word in number:
                raise ValueError(f"{where}: {word!r} is also word {number[word]}")
            number[word] = i
            rows.append(row)
        if wanted == promised and file.read(2).strip(b"\n"):
            raise ValueError(f"{path}: the header promises {promised} words, and more bytes follow")
    return WordVectors([*number], np.array(rows))


def header_of(file: IO[bytes], path: str | Path) -> tuple[int, int]:
    """How many words there are, and the width of their vectors."""
    header = HEADER.fullmatch(file.readline(100).rstrip(b"\r\n"))
    if not header or not int(header[1]) or not int(header[2]):
        raise ValueError(f"{path}, line 1: a header of two numbers above 0 needed, V and D")
    return int(header[1]), int(header[2])


def next_word(file: IO[bytes], width: int, where: str) -> tuple[str, np.ndarray]:
    """The next word and its vector."""
    spelled = bytearray()
    while (letter := file.read(1)) != b" ":
        if not letter or len(spelled) == LONGEST:
            raise ValueError(f"{where}: the file ends, or no blank follows a word")
        spelled += letter
    data = file.read(4 * width)
    if len(data) < 4 * width:
        raise ValueError(f"{where}: the file ends within its {width} numbers")
    row = np.frombuffer(data, dtype="<f4").astype(np.float32)
    if not np.isfinite(row).all():
        raise ValueError(f"{where}: a number is not finite")
    return word_of(bytes(spelled).removeprefix(b"\n"), where), row


def read_vectors(
    path: str | Path, *, limit: int | None = None, blanks: bool = False
) -> WordVectors:
    """The vectors of a file in any of the three formats, see ``is_binary``.

    Raises:
        ValueError, OSError: as ``read_text_vectors`` or ``read_binary_vectors``.
    Guide: 2.1 (G11).
    """
    if is_binary(path):
        return read_binary_vectors(path, limit=limit)
    return read_text_vectors(path, limit=limit, blanks=blanks)


def is_binary(path: str | Path) -> bool:
    """Whether behind a header and the first word there are bytes that no text has."""
    with opened(path) as file:
        header = HEADER.fullmatch(file.readline(100).rstrip(b"\r\n"))
        if not header:
            return False
        begin = file.read(LONGEST).partition(b" ")[2][: 4 * int(header[2])]
    number = re.split(rb"[ \r\n]", begin)[0]
    if re.fullmatch(rb"[-+.0-9eE]+", number):
        return False
    try:
        text = begin.decode()
    except UnicodeDecodeError as error:
        return error.reason != "unexpected end of data"  # a letter that was cut in two is text
    return re.search(r"[\x00-\x08\x0e-\x1f]", text) is not None
