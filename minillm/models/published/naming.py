"""Which published array each parameter of a model is, and what in a folder does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from minillm.models.published.kinds import Head, Kind
from minillm.models.published.places import Place, place_of
from minillm.nn import Module

OLDER = {".gamma": ".weight", ".beta": ".bias"}  # how norms were named in the first files


class Named(NamedTuple):
    """A parameter of ours beside the published array in which it lies."""

    ours: str
    published: str
    place: Place
    shape: tuple[int, ...]  # of ours
    in_body: bool  # not in a head

    @property
    def published_shape(self) -> tuple[int, ...]:
        """What the published array must have."""
        return self.place.shape_of(self.shape)


def names_of(kind: Kind, head: Head, model: Module, *, prefixed: bool = True) -> list[Named]:
    """A row for every parameter of ``model``: the table that a reader can check.

    Without ``prefixed`` the body is named as where it stands alone.

    Raises:
        ValueError: a parameter has no place in the tables, such as that of an added layer.
    """
    rows, body = [], f"{head.body}." if head.body else ""
    for name, parameter in model.named_parameters():
        in_body = place_of(name.removeprefix(body), kind.table) if name.startswith(body) else None
        found = in_body or place_of(name, head.table)
        if found is None:
            raise ValueError(
                f"{name} {parameter.shape} has no place in a published {kind.model_type}"
            )
        published, place = found
        if in_body and prefixed:
            published = kind.prefix + published
        elif not prefixed:  # a head that lies in the body, as BERT's pooler does
            published = published.removeprefix(kind.prefix)
        rows.append(Named(name, published, place, parameter.shape, in_body is not None))
    return rows


def modern(names: Iterable[str]) -> dict[str, str]:
    """What a published name is called today -> how the file spells it."""
    found = {}
    for name in names:
        today = name
        for old, new in OLDER.items():
            today = today.removesuffix(old) + new if today.endswith(old) else today
        found[today] = name
    return found


def misfits(
    rows: Iterable[Named], shapes: Mapping[str, tuple[int, ...]], dtypes: Mapping[str, np.dtype]
) -> Iterator[str]:
    """What is missing, or has another shape or other numbers than a parameter needs."""
    seen = set()
    for row in rows:
        if row.published in seen:
            continue
        seen.add(row.published)
        if row.published not in shapes:
            yield f"missing {row.published} {row.published_shape}, for {row.ours}"
        elif tuple(shapes[row.published]) != row.published_shape:
            yield (
                f"{row.published}: needed {row.published_shape} for {row.ours}, "
                f"given {tuple(shapes[row.published])}"
            )
        elif np.dtype(dtypes[row.published]).kind != "f":
            yield f"{row.published}: must be floating-point, given {dtypes[row.published]}"


def left_over(
    kind: Kind, names: Iterable[str], heads: Iterable[Head]
) -> tuple[list[str], list[str]]:
    """Names that no parameter has: those that may be there, and those that nobody knows."""
    known: list[str] = []
    unknown: list[str] = []
    of_heads = [place_pattern(p) for head in heads for p in head.table.values()]
    for name in names:
        patterns = (*kind.leftovers, *of_heads)
        (known if any(re.fullmatch(p, name) for p in patterns) else unknown).append(name)
    return known, unknown


def place_pattern(place: Place | str) -> str:
    """A pattern of the names of a module's parameters."""
    name = place if isinstance(place, str) else place.name
    return rf"{re.escape(name)}\.(weight|bias)"
