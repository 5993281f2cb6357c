"""The picture of all remedies beside all labs: a tile for each verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from minillm.labs.matrix import Entry
from minillm.labs.remedy_kinds import KINDS
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED

Cells = Mapping[tuple[str, str], list[Entry] | str]

# ground, ink and sign of a tile: no verdict is told by its colour alone
TILES = {
    HELPS: ("#1f5f99", "white", "▲"),
    HARMS: ("#f2a27a", "black", "▼"),
    NOTHING: ("#d9d9d9", "black", "="),
    UNDECIDED: ("white", "#444444", "?"),
}
HEIGHT, WIDTH = 0.17, 0.68  # of a tile, in inches
NAME, LETTER = 1.15, 0.042  # the least width of a remedy's name, and that of a letter
LABEL, MARGIN, HEADING = 1.35, 0.12, 1.1


def draw_matrix(cells: Cells, halves: Mapping[str, Sequence[str]]) -> Any:
    """Both halves, one below the other: kinds of remedies beside labs, a tile for each verdict.

    A tile says helps or harms with the mean difference and half its interval; where there is no
    effect worth 0.05 or nothing is decided, the bound.  An empty cell says why it is empty.
    """
    width = max(LABEL + sum(lab_width(cells, n) for n in names) for names in halves.values())
    height = sum(half_height(cells, names) for names in halves.values()) + 0.5
    figure, ax = empty_page(width, height)
    top = 0.0
    for half, names in halves.items():
        draw_half(ax, cells, half, names, top)
        top += half_height(cells, names)
    draw_legend(ax, top + 0.15)
    return figure


def empty_page(width: float, height: float) -> tuple[Any, Any]:
    """A figure that needs no screen, and axes in inches from its upper left corner."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.axis("off")
    return figure, ax


def in_lines(text: str, letters: int) -> str:
    """A text in lines of so many letters; a longer word stays whole, in a line of its own."""
    return "\n".join(wrap(text, letters, break_long_words=False))


def grid(cell: list[Entry] | str) -> dict[str, dict[str, Entry]]:
    """The verdicts of a cell by remedy and measure; none if it is empty."""
    found: dict[str, dict[str, Entry]] = {}
    for entry in [] if isinstance(cell, str) else cell:
        found.setdefault(entry.remedy, {})[entry.measure] = entry
    return found


def measures(cells: Cells, lab: str) -> list[str]:
    """The measures by which a lab judges."""
    every = [grid(cells[kind, lab]).values() for kind in KINDS]
    return [*dict.fromkeys(name for rows in every for row in rows for name in row)]


def lab_width(cells: Cells, lab: str) -> float:
    """How wide the column of a lab is."""
    return name_width(cells, lab) + WIDTH * len(measures(cells, lab)) + 2 * MARGIN


def name_width(cells: Cells, lab: str) -> float:
    """How much the names of a lab's remedies need."""
    names = [name for kind in KINDS for name in grid(cells[kind, lab])]
    return max([NAME, *(LETTER * len(name) + 0.1 for name in names)])


def kind_height(cells: Cells, kind: str, labs: Sequence[str]) -> float:
    """How high the row of a kind is."""
    return HEIGHT * max([2, *(len(grid(cells[kind, lab])) for lab in labs)]) + 2 * MARGIN


def half_height(cells: Cells, labs: Sequence[str]) -> float:
    """How high a half is, with its headings."""
    return HEADING + sum(kind_height(cells, kind, labs) for kind in KINDS)


def draw_half(ax: Any, cells: Cells, half: str, labs: Sequence[str], top: float) -> None:
    """The labs of a half beside each other, the kinds of remedies below each other."""
    ax.text(0.05, top + 0.25, half, fontsize=12, weight="bold", va="center")
    x = LABEL
    for lab in labs:
        columns, names_of_tiles = (x, x + name_width(cells, lab)), measures(cells, lab)
        draw_heading(ax, cells, lab, columns, top + HEADING)
        y = top + HEADING
        for kind in KINDS:
            draw_cell(ax, cells[kind, lab], names_of_tiles, columns, y + MARGIN)
            y += kind_height(cells, kind, labs)
        x += lab_width(cells, lab)
    y = top + HEADING
    for kind in KINDS:
        ax.hlines(y, 0.05, x - MARGIN, color="#bbbbbb", linewidth=0.6)
        ax.text(0.05, y + MARGIN, kind, fontsize=8, va="top", weight="bold")
        y += kind_height(cells, kind, labs)


def draw_heading(ax: Any, cells: Cells, lab: str, columns: tuple[float, float], y: float) -> None:
    """A lab, how many seeds it has, and its measures; ``columns`` as in ``draw_cell``."""
    x, tiles = columns
    n = min(e.n for kind in KINDS for row in grid(cells[kind, lab]).values() for e in row.values())
    title = f"{lab.replace('_', ' ')}, n = {n}"
    ax.text(x, y - 0.5, title, fontsize=8, weight="bold", va="bottom")
    for place, name in enumerate(measures(cells, lab)):
        ax.text(tiles + WIDTH * place, y - 0.05, in_lines(name, 14), fontsize=6, va="bottom")


def draw_cell(
    ax: Any,
    cell: list[Entry] | str,
    names: Sequence[str],
    columns: tuple[float, float],
    y: float,
) -> None:
    """The tiles of a cell, a row for each remedy; or why there are none.

    ``columns`` are where names and tiles begin.
    """
    x, tiles = columns
    if isinstance(cell, str):
        ax.text(x, y, in_lines(cell, 36), fontsize=6, va="top", style="italic", color="#555")
    for row, (remedy, of_measure) in enumerate(grid(cell).items()):
        middle = y + HEIGHT * (row + 0.45)
        ax.text(x, middle, remedy, fontsize=5.6, va="center")
        for place, name in enumerate(names):
            entry = of_measure[name]
            text, left = tile_text(entry), tiles + WIDTH * place
            draw_tile(ax, text, entry.verdict.word, left, y + HEIGHT * row)


def tile_text(entry: Entry) -> str:
    """The sign of a verdict, and its mean with half the interval, or its bound."""
    one = entry.verdict
    sign = TILES[one.word][2]
    if one.word in (HELPS, HARMS):
        return f"{sign} {one.mean:+.2f} ± {one.half:.2f}"
    return f"{sign} ≤ {one.bound:.2f}"


def draw_tile(ax: Any, text: str, word: str, x: float, y: float) -> None:
    """One verdict."""
    from matplotlib.patches import Rectangle

    ground, ink, _ = TILES[word]
    size = (WIDTH - 0.03, HEIGHT - 0.02)
    ax.add_patch(Rectangle((x, y), *size, facecolor=ground, edgecolor="#888888", linewidth=0.4))
    ax.text(x + 0.03, y + size[1] / 2, text, fontsize=5.4, color=ink, va="center")


def draw_legend(ax: Any, y: float) -> None:
    """What the tiles mean."""
    x = LABEL
    for word, (_, _, sign) in TILES.items():
        draw_tile(ax, sign, word, x, y)
        ax.text(x + WIDTH, y + HEIGHT / 2, word, fontsize=8, va="center")
        x += WIDTH + 0.5 + 0.075 * len(word)
    says = "difference from the lab's baseline, paired by seeds: mean ± half-width, or the bound"
    ax.text(x, y + HEIGHT / 2, says, fontsize=8, va="center")
