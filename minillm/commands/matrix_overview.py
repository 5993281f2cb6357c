"""All remedies beside all labs at one look: a square for each verdict, and no numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from minillm.commands.matrix_picture import TILES, Cells, empty_page, in_lines
from minillm.labs.matrix import Entry
from minillm.labs.remedy_kinds import KINDS

ACROSS, SIDE = 5, 0.125  # squares beside each other in a cell, and their side in inches
LABEL, HEADING, GAP = 1.3, 0.75, 0.1
LETTER = 0.05  # room for a letter of a heading


def draw_overview(cells: Cells, halves: Mapping[str, Sequence[str]]) -> Any:
    """A row for each kind of remedy, a column for each lab; "–" where none of a kind was tried."""
    labs = [name for names in halves.values() for name in names]
    heights = {kind: kind_height([cells[kind, lab] for lab in labs]) for kind in KINDS}
    column = column_width(labs)
    width = LABEL + column * len(labs) + GAP * len(halves)
    height = HEADING + sum(heights.values()) + 0.35
    figure, ax = empty_page(width, height)
    x = LABEL
    for half, names in halves.items():
        ax.text(x, 0.12, half, fontsize=8.5, weight="bold", va="center")
        for lab in names:
            title = in_lines(lab.replace("_", " "), 11)
            ax.text(x, HEADING - 0.06, title, fontsize=6.5, va="bottom")
            draw_column(ax, [cells[kind, lab] for kind in KINDS], [*heights.values()], x)
            x += column
        x += GAP
    draw_kinds(ax, heights, width)
    draw_signs(ax, height - 0.2)
    return figure


def column_width(labs: Sequence[str]) -> float:
    """How wide every column is: a full row of squares, or the longest word of a heading."""
    longest = max(len(word) for lab in labs for word in lab.split("_"))
    return max(ACROSS * SIDE, LETTER * longest) + 0.12


def kind_height(row: Sequence[list[Entry] | str]) -> float:
    """How high the row of a kind is."""
    lines = [1 if isinstance(cell, str) else math.ceil(len(cell) / ACROSS) for cell in row]
    return SIDE * max(lines) + GAP


def draw_column(
    ax: Any, column: Sequence[list[Entry] | str], heights: Sequence[float], x: float
) -> None:
    """The cells of a lab, those that help first."""
    order, y = [*TILES], HEADING
    for cell, height in zip(column, heights, strict=True):
        if isinstance(cell, str):
            ax.text(x, y + GAP / 2 + SIDE / 2, "–", fontsize=7, color="#777777", va="center")
        else:
            words = sorted((entry.verdict.word for entry in cell), key=order.index)
            for place, word in enumerate(words):
                row, across = divmod(place, ACROSS)
                draw_square(ax, word, x + SIDE * across, y + GAP / 2 + SIDE * row)
        y += height


def draw_square(ax: Any, word: str, x: float, y: float) -> None:
    """One verdict, told by its ground and by its sign."""
    from matplotlib.patches import Rectangle

    ground, ink, sign = TILES[word]
    size = 0.88 * SIDE
    ax.add_patch(
        Rectangle((x, y), size, size, facecolor=ground, edgecolor="#888888", linewidth=0.4)
    )
    ax.text(x + size / 2, y + 0.52 * size, sign, fontsize=5, color=ink, ha="center", va="center")


def draw_kinds(ax: Any, heights: Mapping[str, float], width: float) -> None:
    """The names of the kinds, and a line above each."""
    y = HEADING
    for kind, height in heights.items():
        ax.hlines(y, 0.05, width - 0.05, color="#cccccc", linewidth=0.5)
        ax.text(0.05, y + GAP / 2 + SIDE / 2, kind, fontsize=7, va="center")
        y += height


def draw_signs(ax: Any, y: float) -> None:
    """What the squares mean."""
    x = LABEL
    for word in TILES:
        draw_square(ax, word, x, y)
        ax.text(x + 1.3 * SIDE, y + SIDE / 2, word, fontsize=7, va="center")
        x += 0.45 + 0.062 * len(word)
