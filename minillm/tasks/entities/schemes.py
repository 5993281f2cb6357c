"""Tags that mark names: what they are made of, and which may follow which.

A name has a type, such as PER; a word outside of all names has the tag O::

    Anna   Brandt  lives  in  Rome  .
    B-PER  I-PER   O      O   B-LOC O         BIO: it begins, it goes on
    B-PER  E-PER   O      O   S-LOC O         BIOES: with its end, and a tag for single words
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

OUTSIDE = "O"
SCHEMES = {"BIO": "BI", "BIOES": "BIES"}  # the letters before a type


def parts(tag: str) -> tuple[str, str]:
    """The letter of a tag and its type: ``("B", "PER")`` of B-PER, ``("O", "")`` of O.

    Raises:
        ValueError: it is neither O nor one of B, I, E, S with a type behind a hyphen.
    """
    letter, hyphen, kind = tag.partition("-")
    if tag == OUTSIDE or (letter in {*"BIES"} and hyphen and kind.strip()):
        return letter, kind
    raise ValueError(f"a tag is O, or B-, I-, E- or S- with a type such as B-PER, got {tag!r}")


def tags_for(types: Iterable[str], scheme: str = "BIO") -> list[str]:
    """All tags of some types in a fixed order: O, then the types in sorted order.

    Raises:
        ValueError: no such scheme; a type that is empty.
    """
    letters = require_scheme(scheme)
    found = [f"{letter}-{kind}" for kind in sorted({*types}) for letter in letters]
    for tag in found:
        parts(tag)
    return [OUTSIDE, *found]


def follows(before: str, after: str, scheme: str) -> bool:
    """Whether one tag may stand right behind another; O stands for what is around a sentence.

    Inside a name (behind B or I, in BIOES) only I or E of its type may follow.  In BIO a name may
    end anywhere, and only an I must have its B or I before it.

    Source: Ramshaw & Marcus 1995, "Text Chunking using Transformation-Based Learning",
        arXiv:cmp-lg/9505040, for tags that mark chunks.
    """
    (first, kind), (second, other) = parts(before), parts(after)
    goes_on = second in {"I", "E"}
    inside = first in {"B", "I"}
    if goes_on:
        return inside and kind == other
    return scheme == "BIO" or not inside


def legal(tags: Sequence[str], scheme: str) -> np.ndarray:
    """Whether tag j may follow tag i, (K + 1, K + 1); the last row and column are the ends.

    Row K says which tags may begin a sentence, column K which may end it.

    Raises:
        ValueError: no such scheme; a tag that it does not have.
    Guide: 6.4 (G39).
    """
    require_tags(tags, scheme)
    ends = [*tags, OUTSIDE]
    return np.array([[follows(before, after, scheme) for after in ends] for before in ends])


def first_illegal(tags: Sequence[str], scheme: str) -> int | None:
    """The place of the first tag that may not stand where it does; the end has ``len(tags)``.

    Raises:
        ValueError: no such scheme; a tag that it does not have.
    """
    require_tags(tags, scheme)
    around = [OUTSIDE, *tags, OUTSIDE]
    for place in range(len(tags) + 1):
        if not follows(around[place], around[place + 1], scheme):
            return place
    return None


def scheme_of(tags: Iterable[str]) -> str:
    """BIOES where there is an E or an S, else BIO.

    Raises:
        ValueError: something is not a tag.
    """
    return "BIOES" if any(parts(tag)[0] in {"E", "S"} for tag in {*tags}) else "BIO"


def types_in(tags: Iterable[str]) -> list[str]:
    """The types of some tags, sorted.

    Raises:
        ValueError: something is not a tag.
    """
    return sorted({parts(tag)[1] for tag in tags} - {""})


def require_scheme(scheme: str) -> str:
    """The letters of a scheme.

    Raises:
        ValueError: there is no such scheme.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")
    return SCHEMES[scheme]


def require_tags(tags: Iterable[str], scheme: str) -> None:
    """Refuse a tag that a scheme does not have.

    Raises:
        ValueError: with the tag and the scheme.
    """
    letters = require_scheme(scheme) + OUTSIDE
    for tag in {*tags}:
        if parts(tag)[0] not in letters:
            raise ValueError(f"{scheme} has no tag {tag!r}, only {', '.join(letters)}")
