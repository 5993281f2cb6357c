"""Sentences and their translations from files: two files line by line, or one with both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from minillm.text.cleaning import text_key
from minillm.text.columns import ONE_WORD
from minillm.text.json_lines import JSON_LINES, json_objects
from minillm.text.reading import lines_of, read_text
from minillm.text.table_files import delimiter_of, rows_of, suffix_of

# What people write above the two columns: on the left the source, on the right its translation.
SOURCE_NAMES = ("source", "src", "原文")
TARGET_NAMES = ("target", "tgt", "translation", "译文")
LANGUAGES = {
    *("ar", "cs", "da", "de", "el", "en", "eo", "es", "fi", "fr", "he", "hi", "hu"),
    *("id", "is", "it", "ja", "ka", "ko", "la", "lt", "nl", "no", "pl", "pt", "ro"),
    *("ru", "sk", "sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "yue", "zh"),
    *("zh-cn", "zh-tw", "arabic", "chinese", "czech", "danish", "dutch", "english"),
    *("esperanto", "finnish", "french", "german", "greek", "italian", "japanese"),
    *("korean", "polish", "portuguese", "russian", "spanish", "swedish", "turkish"),
    *("中文", "汉语", "英文", "英语", "德语", "法语", "日语", "俄语"),
}
SHOWN = 5  # line numbers in a note


class Pair(NamedTuple):
    """A sentence, and what it is in the other language."""

    source: str
    target: str


class ParallelReading(NamedTuple):
    """What was read, and what a reader should know about how."""

    pairs: list[Pair]
    notes: list[str]
    lines: list[int]  # on which each pair stands, or begins
    all_lines: list[int]  # the same with the pairs that were left out


def read_parallel(
    source: str | Path, target: str | Path, *, encoding: str = "utf-8"
) -> ParallelReading:
    """The pairs of two files of which line n of one is the translation of line n of the other.

    Pairs of which a side is blank are left out, and a note says which lines they were.

    Raises:
        ValueError: the files have different numbers of lines; no pair is left; as ``read_text``.
        OSError: as ``read_text``.
    """
    sides = [lines_of(read_text(path, encoding=encoding)) for path in (source, target)]
    if len(sides[0]) != len(sides[1]):
        short = 0 if len(sides[0]) < len(sides[1]) else 1
        raise ValueError(
            f"{(source, target)[short]}: line {len(sides[short]) + 1} is missing: it has "
            f"{len(sides[short])} lines, and {(target, source)[short]} has {len(sides[1 - short])}"
        )
    numbered = [(n, Pair(*pair)) for n, pair in enumerate(zip(*sides, strict=True), start=1)]
    return without_blanks(numbered, f"{source}, {target}")


def read_pairs(
    path: str | Path,
    *,
    keys: tuple[str, str] | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
) -> ParallelReading:
    """The pairs of one file: two columns of TSV or CSV, or two keys of JSON Lines.

    A first line ``source``, ``target`` (or ``src``, ``tgt``, or two languages such as ``en``,
    ``de``) is a header; ``keys`` names other columns of a header line, or other keys.

    Raises:
        ValueError: a line has another number of columns, or a column or key is missing, with the
            line; no pair is left; as ``read_text``.
        OSError: as ``read_text``.
    """
    text = read_text(path, encoding=encoding)
    if suffix_of(path) in JSON_LINES:
        return without_blanks(from_objects(text, path, keys or ("source", "target")), str(path))
    rows = [(row.line, row.fields) for row in rows_of(text, path, delimiter or delimiter_of(path))]
    first = [text_key(field) for field in rows[0][1]] if rows else []
    places, notes = (0, 1), []
    if keys is not None:
        places = named_places(keys, first, path)
    elif is_header(first):
        notes = [f"{path}: line 1 is a header: from {first[0]!r} to {first[1]!r}"]
    wanted = len(first) if keys is not None else 2
    for line, fields in rows:
        if len(fields) != wanted:
            raise ValueError(
                f"{path}, line {line}: {len(fields)} columns, and {wanted} are needed: "
                "a sentence and its translation"
            )
    rows = rows[1:] if notes or keys is not None else rows
    if not notes and keys is None:
        notes = doubt(path, [fields for _, fields in rows])
    numbered = [(line, Pair(*(fields[place] for place in places))) for line, fields in rows]
    found = without_blanks(numbered, str(path))
    return found._replace(notes=notes + found.notes)


def is_header(first: Sequence[str]) -> bool:
    """Whether the fields of a first line, in small letters, name two columns."""
    if len(first) != 2 or first[0] == first[1]:
        return False
    named = first[0] in SOURCE_NAMES and first[1] in TARGET_NAMES
    return named or (first[0] in LANGUAGES and first[1] in LANGUAGES)


def doubt(path: str | Path, rows: Sequence[Sequence[str]]) -> list[str]:
    """A note where line 1 may be a header that nobody knows: single words above sentences."""
    if len(rows) < 5 or not all(ONE_WORD.fullmatch(field.strip()) for field in rows[0]):
        return []
    if not all(any(" " in field.strip() for field in fields) for fields in rows[1:]):
        return []
    return [
        f"{path}: line 1 ({', '.join(map(repr, rows[0]))}) looks like a header, and is read as a "
        "pair: if it is one, name its columns (--columns)"
    ]


def named_places(keys: tuple[str, str], first: Sequence[str], path: str | Path) -> tuple[int, int]:
    """Where the columns of two names stand in a header line."""
    for key in keys:
        if text_key(key) not in first:
            known = ", ".join(map(repr, first)) or "nothing"
            raise ValueError(f"{path}, line 1: a header with {key!r} is needed, got {known}")
    return first.index(text_key(keys[0])), first.index(text_key(keys[1]))


def from_objects(text: str, path: str | Path, keys: tuple[str, str]) -> list[tuple[int, Pair]]:
    """The pairs of JSON objects, which may also stand one level down, in "translation"."""
    found = []
    for line, top in json_objects(text, path):
        one = top["translation"] if isinstance(top.get("translation"), dict) else top
        for key in keys:
            if not isinstance(one.get(key), str):
                known = ", ".join(map(repr, one)) or "none"
                raise ValueError(
                    f"{path}, line {line}: a text under the key {key!r} is needed, the keys are "
                    f"{known:.80}"
                )
        found.append((line, Pair(one[keys[0]], one[keys[1]])))
    return found


def without_blanks(numbered: Sequence[tuple[int, Pair]], where: str) -> ParallelReading:
    """The pairs with words on both sides, and a note on the others."""
    pairs = [pair for _, pair in numbered if pair.source.strip() and pair.target.strip()]
    if not pairs:
        raise ValueError(f"{where}: there is no pair of sentences in it")
    blank = [n for n, pair in numbered if not (pair.source.strip() and pair.target.strip())]
    left_out = {*blank}
    lines = [n for n, _ in numbered if n not in left_out]
    all_lines = [n for n, _ in numbered]
    if not blank:
        return ParallelReading(pairs, [], lines, all_lines)
    some = ", ".join(map(str, blank[:SHOWN])) + (", ..." if len(blank) > SHOWN else "")
    kept = "pair was" if len(blank) == 1 else "pairs were"
    note = f"{where}: {len(blank)} {kept} left out, a side of which is blank: line {some}"
    return ParallelReading(pairs, [note], lines, all_lines)
