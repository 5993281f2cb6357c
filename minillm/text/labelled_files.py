"""Files with one labelled example a line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from minillm.text.cleaning import normalize, text_key
from minillm.text.columns import Columns, Places, check_columns, find_columns, suspicion
from minillm.text.examples import Example
from minillm.text.json_lines import JSON_LINES, from_json_lines
from minillm.text.reading import read_text
from minillm.text.table_files import Row, delimiter_of, rows_of, suffix_of


class Reading(NamedTuple):
    """What was read, and what a reader should know about how."""

    examples: list[Example]
    notes: list[str]


def read_examples(
    path: str | Path,
    *,
    columns: Columns = None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
) -> list[Example]:
    """The labelled texts of a file, in file order: TSV, CSV or JSON Lines, also gzipped.

    ``columns`` says where they are::

        None                                    a header line, or else the label, then the text
        ("id", "label", "text")                 by place; other names are passed over
        {"label": "sentiment", "text": "review"}   by name: of a header line, or JSON keys

    A first line whose fields are known names, such as label and sentence, is a header.  The
    delimiter is a comma in a ``.csv`` file and a tab in any other, unless given.  Quotes quote in
    a ``.csv`` file only: in a TSV file a quotation mark is part of the sentence.  Blank lines
    are skipped.  Labels are normalised (see ``normalize``); texts are kept as they are, empty
    ones too, which ``clean`` counts.

    Raises:
        ValueError: ``columns`` lacks "label" or "text"; a line has another number of fields or
            an empty label; the file holds no example; a header that is not known, or swapped
            columns, are likely and ``columns`` is not given.
        ValueError, OSError: as ``read_text``.
    Guide: 1.1, 5.2.1 (G1).
    """
    return read_labelled(path, columns=columns, delimiter=delimiter, encoding=encoding).examples


def read_labelled(
    path: str | Path,
    *,
    columns: Columns = None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
) -> Reading:
    """What ``read_examples`` reads, with notes: the header that was found, what looks wrong.

    Raises:
        ValueError, OSError: as ``read_examples``.
    """
    check_columns(columns)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise ValueError(f"delimiter must be one character such as ';', got {delimiter!r}")
    text = read_text(path, encoding=encoding)
    if suffix_of(path) in JSON_LINES:
        found = Reading(from_json_lines(text, path, columns), [])
    else:
        found = from_rows(text, path, columns, delimiter or delimiter_of(path))
    return Reading(found.examples, found.notes + twins(label for _, label in found.examples))


def from_rows(text: str, path: str | Path, columns: Columns, delimiter: str) -> Reading:
    """The examples of a file whose lines are split into fields."""
    rows = rows_of(text, path, delimiter)
    if not rows:
        raise ValueError(f"{path}: no examples in the file")
    try:
        places = find_columns(columns, rows[0].fields)
    except ValueError as error:
        raise ValueError(f"{path}, {error}{likely_delimiter(rows[0], delimiter)}") from error
    notes = []
    if places.header:
        header = rows.pop(0).fields
        label, text_name = header[places.label].strip(), header[places.text].strip()
        notes.append(f"line 1 is a header: labels from {label!r}, texts from {text_name!r}")
    examples = [
        example_of(row, places, path, likely_layout(row, places, delimiter) if not i else "")
        for i, row in enumerate(rows)
    ]
    if not examples:
        raise ValueError(f"{path}: no examples in the file but a header")
    doubt = suspicion([e.label for e in examples], [e.text for e in examples])
    if doubt and columns is None and not places.header:
        raise ValueError(
            f"{path}: {doubt}; say where the columns are (--columns): label=NAME,text=NAME by a "
            "header, label,text or text,label by place"
        )
    return Reading(examples, [*notes, doubt] if doubt else notes)


def example_of(row: Row, places: Places, path: str | Path, hint: str) -> Example:
    """The label and the text of a row; ``hint`` ends the message if it has other fields.

    Raises:
        ValueError: it has another number of fields, or an empty label.
    """
    if len(row.fields) != len(places.names):
        raise ValueError(
            f"{path}, line {row.line}: {len(row.fields)} field(s), expected {len(places.names)}: "
            f"{', '.join(places.names)}{hint}"
        )
    label = normalize(row.fields[places.label])
    if not label:
        raise ValueError(f"{path}, line {row.line}: the label is empty")
    return Example(row.fields[places.text], label)


def likely_layout(row: Row, places: Places, delimiter: str) -> str:
    """What to say of a first row with other fields than expected: what would read it."""
    found = likely_delimiter(row, delimiter, len(places.names))
    if found or len(row.fields) < len(places.names):
        return found
    return "; say which column is which (--columns): label=NAME,text=NAME by a header, or by place"


def likely_delimiter(row: Row, delimiter: str, wanted: int | None = None) -> str:
    """The end of a message about a row that was split wrongly: which delimiter would do it.

    It makes ``wanted`` fields of the line, or any of a line that was not split.
    """
    line, unsplit = delimiter.join(row.fields), len(row.fields) == 1
    parts = {other: len(line.split(other)) for other in ("\t", ";", ",", "|")}
    better = [o for o, n in parts.items() if n == wanted or (unsplit and n > 1)]
    hint = f" {better[0]!r} splits it (--delimiter)" if better else ""
    return f"; is {delimiter!r} the right delimiter?{hint}" if better or unsplit else ""


def twins(labels: Iterable[str]) -> list[str]:
    """A note on labels that differ in upper and lower case only."""
    groups: dict[str, set[str]] = {}
    for label in labels:
        groups.setdefault(text_key(label), set()).add(label)
    return [
        f"labels {', '.join(map(repr, sorted(group)))} differ in case only: they are "
        f"{len(group)} classes"
        for group in groups.values()
        if len(group) > 1
    ]
