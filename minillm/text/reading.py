"""Text files, packed or not: strict decoding, clean lines out."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from minillm.text.encodings import decode

GZIP = b"\x1f\x8b"  # the first bytes of every such file


def read_text(path: str | Path, *, encoding: str = "utf-8") -> str:
    """The text of a file, without a byte-order mark and with every line end as ``\\n``.

    A file saved on Windows therefore gives the same text as one saved elsewhere, and one that
    gzip has packed the same as before.  Bytes that are not of the encoding are an error and
    never replaced: a corpus would be read as rubbish.

    Raises:
        ValueError: the file is not in that encoding (which is likely is said), holds a NUL
            character (it is not text), or is a damaged gzip file.
        OSError: the file is missing, a directory, or may not be read.
    """
    data = Path(path).read_bytes()
    if data.startswith(GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: damaged gzip file: {error}") from error
    return decode(data, name=str(path), encoding=encoding)


def read_lines(path: str | Path, *, encoding: str = "utf-8") -> list[str]:
    """The lines of a text file, without their line ends.

    Raises:
        ValueError, OSError: as ``read_text``.
    Guide: 1.1, 5.2.1 (G1).
    """
    return lines_of(read_text(path, encoding=encoding))


def lines_of(text: str) -> list[str]:
    """The lines of a text, without their line ends.

    Lines end at a line feed and nowhere else.  ``str.splitlines`` also breaks at form feeds,
    U+0085 and U+2028, which occur inside sentences: the lines of a sentence file would no
    longer match those of its label file.
    """
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
