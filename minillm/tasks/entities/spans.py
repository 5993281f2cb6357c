"""From tags to the names that they mark, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from minillm.tasks.entities.schemes import OUTSIDE, parts, require_scheme, require_tags


class Span(NamedTuple):
    """A name: the words ``start`` to ``stop - 1`` of a sentence, and their type."""

    type: str
    start: int
    stop: int


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The names that some tags mark, also where the tags do not fit together::

        a name starts at t  if  tag t is B or S,  or the tag before is O, E or S,
                                or the tag before has another type
        and runs on to the next start or O

    So O I-PER I-PER is a name, and B-PER I-LOC are two: nothing that was tagged is lost.  It is
    the reading of the shared tasks, and that of ``seqeval`` by default.

    Raises:
        ValueError: something is not a tag.
    Source: Tjong Kim Sang & De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task",
        arXiv:cs/0306050, section 2.3; its script conlleval.
    Guide: 6.4 (G39).
    """
    starts: list[tuple[str, int]] = []
    before, earlier = "O", ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        letter, kind = parts(tag)
        if letter in "OBS" or before in "OES" or kind != earlier:
            starts.append((kind, place))  # an O too: there the name before it has ended
        before, earlier = letter, kind
    ends = [place for _, place in starts[1:]]
    return [Span(kind, a, b) for (kind, a), b in zip(starts, ends, strict=False) if kind]


def strict_spans(tags: Sequence[str], scheme: str) -> list[Span]:
    """The names whose tags are whole in a scheme; all other tags mark nothing::

        BIO     B I ... I                   of one type, as far as it goes
        BIOES   S,  or  B I ... I E         of one type

    It is the reading of ``seqeval`` with ``mode="strict"``.

    Raises:
        ValueError: no such scheme; a tag that it does not have.
    Guide: 6.4 (G39).
    """
    require_tags(tags, scheme)
    found, place = [], 0
    while place < len(tags):
        letter, kind = parts(tags[place])
        start, place = place, place + 1
        if letter == "S":
            found.append(Span(kind, start, place))
        if letter != "B":
            continue
        while place < len(tags) and parts(tags[place]) == ("I", kind):
            place += 1
        if scheme == "BIO":
            found.append(Span(kind, start, place))
        elif place < len(tags) and parts(tags[place]) == ("E", kind):
            place += 1
            found.append(Span(kind, start, place))
    return found


def tags_of(spans: Iterable[Span], length: int, scheme: str = "BIO") -> list[str]:
    """The tags of a sentence of some words that mark these names.

    Raises:
        ValueError: no such scheme; a name without words or outside the sentence, or two names
            on one word.
    """
    require_scheme(scheme)
    tags = [OUTSIDE] * length
    for kind, start, stop in spans:
        if not 0 <= start < stop <= length:
            raise ValueError(f"tags_of: {kind} from {start} to {stop} in a sentence of {length}")
        if any(tag != OUTSIDE for tag in tags[start:stop]):
            raise ValueError(f"tags_of: {kind} from {start} to {stop} lies over another name")
        letters = ["B", *"I" * (stop - start - 1)]
        if scheme == "BIOES":
            letters[-1] = "S" if stop - start == 1 else "E"
        tags[start:stop] = [f"{letter}-{kind}" for letter in letters]
    return tags


def convert(tags: Sequence[str], scheme: str) -> list[str]:
    """The same names in the tags of a scheme, which are then legal; read as ``spans_of`` does.

    Raises:
        ValueError: no such scheme; something is not a tag.
    Guide: 6.4 (G39).
    """
    return tags_of(spans_of(tags), len(tags), scheme)


def names_in(words: Sequence[str], spans: Iterable[Span]) -> list[tuple[str, ...]]:
    """The words of each name, without the difference of upper and lower case."""
    return [tuple(word.casefold() for word in words[start:stop]) for _, start, stop in spans]
