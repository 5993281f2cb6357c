"""A picture of word vectors: their first two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from minillm.commands.language_pictures import written
from minillm.commands.pictures import MODEL, new_figure, save
from minillm.commands.tables import percent
from minillm.commands.words import ENGLISH
from minillm.course.drawing.fonts import chinese_font
from minillm.models.word_vectors import WordVectors
from minillm.models.word_vectors.components import principal_components


def components_picture(path: Path, vectors: WordVectors, shown: int) -> None:
    """The first words, each where its direction lies along the two components of all of these."""
    words = vectors.words[:shown]
    places, shares = principal_components(vectors.directions[:shown])
    figure, (ax,) = new_figure(1, width=8, height=7)
    ax.scatter(*places.T, s=6, color=MODEL)
    font = chinese_font()
    family = {"fontfamily": ["DejaVu Sans", font]} if font else {}
    for label, place in zip(labels(words, font), places, strict=True):
        ax.annotate(label, place, fontsize=8, textcoords="offset points", xytext=(3, 2), **family)
    for number, (share, name) in enumerate(zip(shares, "xy", strict=True), start=1):
        ax.set(**{f"{name}label": f"component {number}, {percent(share)} of the variance"})
    ax.set_title(f"the first {len(words)} words, at length 1")
    save(figure, path, ENGLISH)


def labels(words: Sequence[str], font: str | None) -> list[str]:
    """The words; or their places, from 1, where there is no font for Chinese ones among them."""
    chinese = any(ord(character) > 0x2E7F for word in words for character in word)
    if chinese and font is None:
        return [str(place) for place in range(1, len(words) + 1)]
    return [written(word) for word in words]
