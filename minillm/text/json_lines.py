"""Labelled examples in JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from minillm.text.cleaning import normalize
from minillm.text.columns import Columns, known_places
from minillm.text.examples import Example
from minillm.text.reading import lines_of

JSON_LINES = (".jsonl", ".ndjson", ".json")


def from_json_lines(text: str, path: str | Path, columns: Columns) -> list[Example]:
    """The examples of a file with one JSON object a line."""
    examples = []
    keys: list[Any] = []
    for line, found in json_objects(text, path):
        keys = keys or json_keys(columns, list(found), f"{path}, line {line}")
        for key in keys:
            if key not in found:
                known = ", ".join(map(repr, found))
                raise ValueError(f"{path}, line {line}: no key {key!r}, only {known}")
        label, sentence = (found[key] for key in keys)
        if isinstance(label, bool) or not isinstance(label, str | int):
            raise ValueError(f"{path}, line {line}: a label is a string or an integer: {label!r}")
        if not isinstance(sentence, str):
            raise ValueError(f"{path}, line {line}: a text is a string, got {sentence!r}")
        if not normalize(str(label)):
            raise ValueError(f"{path}, line {line}: the label is empty")
        examples.append(Example(sentence, normalize(str(label))))
    if not examples:
        raise ValueError(f"{path}: no examples in the file")
    return examples


def json_keys(columns: Columns, found: Sequence[str], where: str) -> list[str]:
    """The keys of label and text, which the first object shows where nobody names them."""
    if columns is not None:
        return [columns[n] if isinstance(columns, Mapping) else n for n in ("label", "text")]
    places = known_places(found)
    for key, command in (("messages", "instruct"), ("chosen", "prefer")):
        if key in found:
            raise ValueError(f"{where}: {key!r}, but no label: such files are for {command}")
    if None in places:
        raise ValueError(
            f"{where}: which of {', '.join(map(repr, found))} are label and text? Say so: "
            "columns label=NAME,text=NAME"
        )
    return [found[place] for place in places if place is not None]


def json_objects(text: str, path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of every line of a JSON Lines file that is not blank.

    Raises:
        ValueError: a line is not a JSON object, with its number.
    """
    for number, line in enumerate(lines_of(text), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            whole = text.lstrip().startswith("[") and text.rstrip().endswith("]")
            told = "a JSON array: write one object a line" if whole else f"not JSON: {error}"
            raise ValueError(f"{path}, line {number}: {told}") from error
        if not isinstance(found, dict):
            raise ValueError(
                f"{path}, line {number}: one object a line is needed, {{...}}, got a "
                f"{type(found).__name__}"
            )
        yield number, found
