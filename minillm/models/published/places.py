"""Where a parameter of ours stands in a published file, and how it lies there.

Letters: D model width, H heads, K head width.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LAYER = "#"  # stands for the number of a layer, in our names and in theirs


@dataclass(frozen=True)
class Place:
    """The published name of a module, and what is done to its weight.

    ``transposed``: it lies as (in, out).  ``part`` of ``parts``: several of our modules lie in it,
    one behind the other along the outputs.  ``halves``: the two features that rotary positions
    turn together are K/2 apart there and neighbours here.
    """

    name: str
    transposed: bool = False
    part: int = 0
    parts: int = 1
    halves: bool = False

    def shape_of(self, ours: tuple[int, ...]) -> tuple[int, ...]:
        """The published shape of a parameter whose shape here is ``ours``."""
        whole = (ours[0] * self.parts, *ours[1:])
        return whole[::-1] if self.transposed else whole

    def read(self, published: np.ndarray, head_width: int) -> np.ndarray:
        """Our parameter: a view where it can be, rows in another order where it must be."""
        whole = published.T if self.transposed else published
        size = len(whole) // self.parts
        ours = whole[self.part * size : (self.part + 1) * size]
        return neighbours_of_halves(ours, head_width) if self.halves else ours

    def write(self, parts: Sequence[np.ndarray], head_width: int) -> np.ndarray:
        """The published array of our parameters that lie in it, in the order of ``part``."""
        whole = np.concatenate(parts)
        whole = halves_of_neighbours(whole, head_width) if self.halves else whole
        return np.ascontiguousarray(whole.T if self.transposed else whole)


def neighbours_of_halves(rows: np.ndarray, head_width: int) -> np.ndarray:
    """Rows a0 a1 .. b0 b1 .. of each head become a0 b0 a1 b1 ..: (H K, ...) -> (H K, ...).

    Turning the pairs (a_i, b_i) is the same in either order, as long as the rows of queries and
    keys are in one.
    """
    heads = rows.reshape(-1, 2, head_width // 2, *rows.shape[1:])
    return heads.swapaxes(1, 2).reshape(rows.shape)


def halves_of_neighbours(rows: np.ndarray, head_width: int) -> np.ndarray:
    """The way back: a0 b0 a1 b1 .. become a0 a1 .. b0 b1 .."""
    heads = rows.reshape(-1, head_width // 2, 2, *rows.shape[1:])
    return heads.swapaxes(1, 2).reshape(rows.shape)


def place_of(name: str, table: Mapping[str, Place | str]) -> tuple[str, Place] | None:
    """The published name of our parameter and its place, or ``None`` if the table lacks it.

    ``blocks.3.attention.query.weight`` is ``encoder.layer.3.attention.self.query.weight``.
    """
    module, _, last = name.rpartition(".")
    numbers = re.findall(r"(?<=\.)\d+(?=\.|$)", module)
    found = table.get(re.sub(r"(?<=\.)\d+(?=\.|$)", LAYER, module))
    if found is None:
        return None
    place = Place(found) if isinstance(found, str) else found
    published = place.name.replace(LAYER, numbers[0]) if numbers else place.name
    return f"{published}.{last}", place
