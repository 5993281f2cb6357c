"""Which column is the label and which the text: by name, by place, by a header line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from minillm.text.cleaning import normalize, text_key

# What people write above the two columns, the first of them first.
LABEL_NAMES = (
    *("label", "labels", "class", "category", "sentiment", "target", "tag", "intent", "y"),
    *("标签", "类别", "分类", "情感"),
)
TEXT_NAMES = (
    *("text", "sentence", "review", "message", "content", "comment", "document", "title"),
    *("sms", "tweet", "body", "文本", "句子", "评论", "内容", "正文", "标题"),
)

Columns = Sequence[str] | Mapping[str, str] | None
ONE_WORD = re.compile(r"[A-Za-z_][\w.-]{0,19}|[\u4e00-\u9fff]{1,4}")


class Places(NamedTuple):
    """Where the two fields of an example stand in a row."""

    label: int
    text: int
    names: Sequence[str]  # of all columns, as many as every row has fields
    header: bool  # the first row names the columns


def check_columns(columns: Columns) -> None:
    """Refuse columns that do not say where label and text are.

    Raises:
        ValueError: "label" or "text" is missing, or named twice.
    """
    names = [] if columns is None else list(columns)
    for needed in ("label", "text"):
        if columns is not None and names.count(needed) != 1:
            raise ValueError(f"columns must name {needed!r} exactly once, got {names}")


def find_columns(columns: Columns, first: Sequence[str]) -> Places:
    """The places that ``columns`` say, or that the first row says if it is a header.

    Raises:
        ValueError: the first row lacks a name that ``columns`` ask for.
    """
    here = [normalize(field) for field in first]
    if isinstance(columns, Mapping):
        named = place_of(columns["label"], here), place_of(columns["text"], here)
        return Places(*named, here, header=True)
    label, text = known_places(here)
    if columns is not None:
        given = columns.index("label"), columns.index("text")
        return Places(*given, columns, header=given == (label, text))
    if label is None or text is None:
        return Places(0, 1, ("label", "text"), header=False)
    return Places(label, text, here, header=True)


def place_of(name: str, header: Sequence[str]) -> int:
    """Where a column stands; upper and lower case are told apart only where they have to be."""
    for spelled in (str, text_key):
        found = [i for i, field in enumerate(header) if spelled(field) == spelled(normalize(name))]
        if len(found) == 1:
            return found[0]
    known = ", ".join(map(repr, header))
    raise ValueError(f"line 1: a header with one column {name!r} is needed, got {known}")


def known_places(names: Sequence[str]) -> tuple[int | None, int | None]:
    """Where label and text stand among names that people write, as far as they do."""
    lower = [text_key(name) for name in names]
    return first_of(LABEL_NAMES, lower), first_of(TEXT_NAMES, lower)


def first_of(names: Sequence[str], header: Sequence[str]) -> int | None:
    """The place of the first of the names that the header has."""
    return next((header.index(name) for name in names if name in header), None)


def suspicion(labels: Sequence[str], texts: Sequence[str]) -> str | None:
    """What looks wrong about columns that were found by place, if anything does.

    Either the first row may be a header that nobody knows: its label occurs nowhere else, while
    every other occurs again, and its text is a single short word.  Or the columns may be
    swapped: there are more labels than texts, by far.
    """
    counts = Counter(labels)
    once = [label for label, n in counts.items() if n == 1]
    if len(labels) >= 5 and once == [labels[0]] and ONE_WORD.fullmatch(normalize(texts[0])):
        return f"line 1 ({labels[0]!r}, {texts[0]!r}) looks like a header"
    different = len(set(texts))
    if len(counts) >= 4 and len(counts) >= 2 * different:
        return (
            f"label and text look swapped: {len(counts)} different labels, {different} "
            "different texts"
        )
    return None
