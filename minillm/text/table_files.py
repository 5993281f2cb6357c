"""The rows of a file whose lines are fields: TSV and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from minillm.text.reading import lines_of


class Row(NamedTuple):
    """One line's fields, and where it begins."""

    line: int
    fields: list[str]


def suffix_of(path: str | Path) -> str:
    """The ending that says how a file is laid out: ``.csv`` of ``reviews.CSV.gz``."""
    path = Path(path)
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


def delimiter_of(path: str | Path) -> str:
    """A comma in a ``.csv`` file and a tab in any other."""
    return "," if suffix_of(path) == ".csv" else "\t"


def rows_of(text: str, path: str | Path, delimiter: str) -> list[Row]:
    """Every line that is not blank.  Quotes quote in a ``.csv`` file only.

    Raises:
        ValueError: an unclosed quotation, with its line.
    """
    found = csv_rows(text, path, delimiter) if suffix_of(path) == ".csv" else plain(text, delimiter)
    return [row for row in found if any(field.strip() for field in row.fields)]


def plain(text: str, delimiter: str) -> Iterator[Row]:
    """The lines of a file in which nothing quotes."""
    for number, line in enumerate(lines_of(text), start=1):
        yield Row(number, line.split(delimiter))


def csv_rows(text: str, path: str | Path, delimiter: str) -> Iterator[Row]:
    """The rows of a CSV file; a quoted field may hold line ends, so that one spans several."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # long texts are counted later
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    first = 1
    try:
        for fields in reader:
            yield Row(first, fields)
            first = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}, line {first}: {error}") from error
