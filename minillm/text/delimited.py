"""Labelled examples in files with one example a line: TSV and CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from minillm.text.reading import read_lines, read_text


class Example(NamedTuple):
    """A text and the name of its class."""

    text: str
    label: str


def read_examples(
    path: str | Path,
    *,
    columns: Sequence[str] = ("label", "text"),
    delimiter: str | None = None,
) -> list[Example]:
    """The labelled texts of a file, in file order.

    ``columns`` names the fields of a line from left to right; any that are called neither
    "label" nor "text" are passed over.  The delimiter is a comma in a ``.csv`` file and a tab
    in any other, unless given.  Quotes quote in a ``.csv`` file only: in a TSV file a quotation
    mark is part of the sentence.  Empty lines are skipped.  An empty text is kept here and
    counted by ``clean``; a header line is read as an example like any other.

    Raises:
        ValueError: ``columns`` lacks "label" or "text"; a line has another number of fields or
            an empty label; the file holds no example.
        ValueError, OSError: as ``read_text``.
    """
    for needed in ("label", "text"):
        if list(columns).count(needed) != 1:
            raise ValueError(f"columns must name {needed!r} exactly once, got {list(columns)}")
    is_csv = Path(path).suffix.lower() == ".csv"
    delimiter = delimiter or ("," if is_csv else "\t")
    rows = csv_rows(path, delimiter) if is_csv else plain_rows(path, delimiter)
    examples = []
    for line, fields in rows:
        if len(fields) != len(columns):
            hint = f"; is {delimiter!r} the right delimiter?" if len(fields) == 1 else ""
            raise ValueError(
                f"{path}, line {line}: {len(fields)} field(s), expected {len(columns)}: "
                f"{', '.join(columns)}{hint}"
            )
        label = fields[columns.index("label")].strip()
        if not label:
            raise ValueError(f"{path}, line {line}: the label is empty")
        examples.append(Example(fields[columns.index("text")], label))
    if not examples:
        raise ValueError(f"{path}: no examples in the file")
    return examples


def class_counts(examples: Iterable[Example]) -> dict[str, int]:
    """How many examples each class has, by class name in sorted order."""
    return dict(sorted(Counter(example.label for example in examples).items()))


def require_classes(examples: Iterable[Example], *, source: str | Path) -> None:
    """Refuse examples that no classifier can learn from because they do not differ in class.

    Raises:
        ValueError: there are fewer than two classes; the message starts with ``source``.
    """
    counts = class_counts(examples)
    if len(counts) < 2:
        found = f"only the class {next(iter(counts))!r}" if counts else "no examples"
        raise ValueError(f"{source}: {found}, but a classifier needs at least two classes")


def plain_rows(path: str | Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every line that is not empty."""
    for number, line in enumerate(read_lines(path), start=1):
        if line:
            yield number, line.split(delimiter)


def csv_rows(path: str | Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Number of the first line and fields of every row, with quotes understood."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), delimiter=delimiter, strict=True)
    first = 1  # a quoted field may hold line ends, so that a row spans several lines
    try:
        for fields in reader:
            if fields:
                yield first, fields
            first = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}, line {first}: {error}") from error
