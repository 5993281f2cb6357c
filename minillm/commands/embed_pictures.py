"""A picture of word vectors: their first two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minillm.commands.language_pictures import written
from minillm.commands.pictures import MODEL, new_figure, save
from minillm.commands.tables import percent
from minillm.commands.words import ENGLISH
from minillm.course.drawing.fonts import chinese_font
from minillm.models.word_vectors import WordVectors
from minillm.models.word_vectors.components import principal_components

CORNERS = (((3, 2), "left"), ((-3, 2), "right"), ((3, -9), "left"), ((-3, -9), "right"))


def components_picture(path: Path, vectors: WordVectors, shown: int) -> None:
    """The first words, each where its direction lies along the two components of all of these.

    The most frequent words, which have little meaning of their own, lie close together: from the
    first on, a word is written where it covers no other one, and is a point where it would.
    """
    words = vectors.words[:shown]
    places, shares = principal_components(vectors.directions[: len(words)])
    figure, (ax,) = new_figure(1, width=8, height=7)
    ax.scatter(*places.T, s=4, color=MODEL, alpha=0.5)
    font = chinese_font()
    for number, (share, name) in enumerate(zip(shares, "xy", strict=True), start=1):
        ax.set(**{f"{name}label": f"component {number}, {percent(share)} of the variance"})
    ax.set_title("")  # its line is kept free
    figure.canvas.draw()  # from here on nothing moves
    found = write_apart(ax, labels(words, font), places, font)
    ax.set_title(f"the first {len(words)} words, at length 1; {found} of them written")
    save(figure, path, ENGLISH)


def write_apart(ax: Any, names: Sequence[str], places: np.ndarray, font: str | None) -> int:
    """Write names beside their places where they cover no earlier one; how many are written."""
    family = {"fontfamily": ["DejaVu Sans", font]} if font else {}
    taken = list[Any]()
    for name, place in zip(names, places, strict=True):
        for offset, side in CORNERS:
            text = ax.annotate(
                name,
                place,
                fontsize=8,
                textcoords="offset points",
                xytext=offset,
                ha=side,
                **family,
            )
            text.set_in_layout(False)
            box = text.get_window_extent()
            free = not any(box.overlaps(other) for other in taken)
            if free and ax.bbox.contains(*box.min) and ax.bbox.contains(*box.max):
                taken.append(box)
                break
            text.remove()
    return len(taken)


def labels(words: Sequence[str], font: str | None) -> list[str]:
    """The words; or their places, from 1, where there is no font for Chinese ones among them."""
    chinese = any(ord(character) > 0x2E7F for word in words for character in word)
    if chinese and font is None:
        return [str(place) for place in range(1, len(words) + 1)]
    return [written(word) for word in words]
