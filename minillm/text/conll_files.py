"""CoNLL files: a word and its tag on every line, a blank line between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from minillm.backend import write_atomically
from minillm.text.reading import lines_of, read_text

DOCUMENT = "-DOCSTART-"  # the word of a line that begins a document
TAG = re.compile(r"O|[BIES]-\S.*")


class TaggedSentence(NamedTuple):
    """The words of a sentence and their tags, or no tags where only words were asked for."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    line: int = 0  # of the file, on which it begins


def read_conll(
    path: str | Path, *, encoding: str = "utf-8", tagged: bool = True
) -> list[TaggedSentence]:
    """The sentences of a file whose lines are a word, perhaps other columns, and last the tag::

        Anna<TAB>B-PER            or, as in CoNLL-2003,     Anna NNP B-NP B-PER
        Brandt<TAB>I-PER                                    Brandt NNP I-NP I-PER
        sleeps<TAB>O                                        sleeps VBZ B-VP O

    Columns are parted by tabs where the first line has one, else by blanks.  A line of nothing
    but blanks and tabs ends a sentence, and a line whose word is -DOCSTART- is passed over.
    Without ``tagged`` a word may stand alone on its line, and what is beside it is not read.

    Raises:
        ValueError: a line without a tag, with another number of columns than the first, or an
            empty word; something that is not a tag; each with its line; no sentence; words that
            are the numbers of the places in every sentence.
        ValueError, OSError: as ``read_text``.
    Source: Tjong Kim Sang & De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task",
        arXiv:cs/0306050, section 2.2.
    Guide: 6.4 (G39).
    """
    return sentences_in(read_text(path, encoding=encoding), name=str(path), tagged=tagged)


def sentences_in(text: str, *, name: str, tagged: bool = True) -> list[TaggedSentence]:
    """The sentences of a text in that form; ``name`` begins a message.

    Raises:
        ValueError: as ``read_conll``.
    """
    found: list[TaggedSentence] = []
    rows: list[tuple[str, str]] = []
    start, n_columns, delimiter = 1, 0, None
    for number, line in enumerate([*lines_of(text), ""], start=1):
        if not line.strip():
            if rows:
                words, tags = zip(*rows, strict=True)
                found.append(TaggedSentence(words, tags if tagged else (), start))
            rows, start = [], number + 1
            continue
        if not n_columns:
            delimiter = "\t" if "\t" in line else " "
        columns = columns_of(line, delimiter)
        if columns[0] == DOCUMENT:
            start = number + 1
            continue
        n_columns = n_columns or len(columns)
        check_columns(columns, n_columns, f"{name}, line {number}", tagged)
        rows.append((columns[0], columns[-1]))
    if not found:
        raise ValueError(f"{name}: there is no sentence in it")
    if n_columns > (2 if tagged else 1) and is_numbered(found):
        raise ValueError(
            f"{name}: the first column counts 1, 2, ... in every sentence: the word must come "
            "first and the tag last; take the numbers away (cut -f2- does)"
        )
    return found


def is_numbered(sentences: Sequence[TaggedSentence]) -> bool:
    """Whether the words of all sentences, one of several words at least, are 1, 2, ..."""
    counted = all(s.words == tuple(map(str, range(1, len(s.words) + 1))) for s in sentences)
    return counted and max(len(s.words) for s in sentences) > 1


def columns_of(line: str, delimiter: str | None) -> list[str]:
    """The columns of a line: of blanks any number parts two, of tabs each."""
    if delimiter == "\t":
        return [column.strip() for column in line.split("\t")]
    return [column for column in line.split(" ") if column]


def check_columns(columns: Sequence[str], expected: int, where: str, tagged: bool) -> None:
    """Refuse a line that is not a word with a tag.

    Raises:
        ValueError: as ``read_conll``, with ``where``.
    """
    if len(columns) != expected:
        raise ValueError(f"{where}: {len(columns)} column(s), but {expected} on the lines before")
    if not columns[0]:
        raise ValueError(f"{where}: the word is empty")
    if tagged and expected == 1:
        raise ValueError(
            f"{where}: {columns[0]!r} has no tag: a word, a tab and its tag are needed, "
            "such as Anna<TAB>B-PER"
        )
    if tagged and not TAG.fullmatch(columns[-1]):
        raise ValueError(
            f"{where}: the last column must be a tag, O or B-, I-, E-, S- with a type such as "
            f"B-PER, got {columns[-1]!r}"
        )


def conll_text(sentences: Iterable[tuple[Sequence[str], Sequence[str]]]) -> str:
    """Sentences as lines of word, tab, tag, each sentence with a blank line behind it.

    Raises:
        ValueError: not as many tags as words; a word that would not be read again as it is: empty,
            with a tab or a line end, with blanks around it, or -DOCSTART-.
    """
    lines = []
    for words, tags in sentences:
        if len(words) != len(tags):
            raise ValueError(f"conll_text: {len(words)} words but {len(tags)} tags")
        for word, tag in zip(words, tags, strict=True):
            if word != word.strip() or not word or {*word} & {*"\t\r\n"} or word == DOCUMENT:
                raise ValueError(f"conll_text: {word!r} cannot be the word of a line")
            lines.append(f"{word}\t{tag}\n")
        lines.append("\n")
    return "".join(lines)


def write_conll(path: str | Path, sentences: Iterable[tuple[Sequence[str], Sequence[str]]]) -> None:
    """Write ``conll_text`` into a file, whole or not at all.

    Raises:
        ValueError: as ``conll_text``.
        OSError: the file cannot be written.
    """
    write_atomically(path, conll_text(sentences).encode())
