"""Text files: strict UTF-8 in, clean lines out."""

from pathlib import Path


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file, without a byte-order mark and with every line end as ``\\n``.

    A file saved on Windows therefore gives the same text as one saved elsewhere.  Bytes that
    are not UTF-8 are an error and never replaced: a corpus in another encoding should be
    converted, not read as rubbish.

    Raises:
        ValueError: the file holds a NUL byte (it is not text) or is not UTF-8.
        OSError: the file is missing, a directory, or may not be read.
    """
    data = Path(path).read_bytes()
    nul = data.find(b"\0")
    if nul >= 0:
        raise ValueError(
            f"{path}: looks like a binary or UTF-16 file: NUL byte at offset {nul}, "
            f"line {line_number(data, nul)}; UTF-8 text is needed"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}, "
            f"line {line_number(data, error.start)} ({error.reason})"
        ) from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read_lines(path: str | Path) -> list[str]:
    """The lines of a UTF-8 file, without their line ends.

    Lines end at a line feed and nowhere else.  ``str.splitlines`` also breaks at form feeds,
    U+0085 and U+2028, which occur inside sentences: the lines of a sentence file would no
    longer match those of its label file.

    Raises:
        ValueError, OSError: as ``read_text``.
    """
    lines = read_text(path).split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def line_number(data: bytes, offset: int) -> int:
    """The line, counted from 1, that a byte is in."""
    before = data[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1
