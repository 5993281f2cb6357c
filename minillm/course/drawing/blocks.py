"""A layer as a row of boxes: the stream from left to right, and the ways around its branches."""

from __future__ import annotations

from typing import Any

COLORS = {"LN": "#d9d9d9", "MHA": "#ffffff", "FFN": "#ffffff"}
INK = "#222222"


def layer_row(axes: Any, layer: str, height: float, title: str) -> list[tuple[int, int]]:
    """Draw the parts of a layer at ``height``; from where to where a residual leads, by place.

    ``layer`` names the parts, blanks between them: "x MHA + LN y FFN + LN z".
    A name of one small letter is the stream itself, "+" an addition, any other a box.  What is
    added comes from the last letter before, over the boxes between.
    """
    ways: list[tuple[int, int]] = []
    parts, last = layer.split(), 0
    axes.text(-0.5, height + 0.95, title, fontsize=10, color=INK)
    for place, part in enumerate(parts):
        if place:
            start = place - 1 + reach(parts[place - 1])
            arrow(axes, (start, height), (place - reach(part), height))
        if part == "+":
            axes.add_patch(circle(place, height))
            ways.append((last, place))
            way_around(axes, last, place, height)
        elif len(part) == 1:
            last = place
        else:
            axes.add_patch(box(place, height, COLORS[part]))
        axes.text(place, height, part, ha="center", va="center", fontsize=11, color=INK)
    return ways


def reach(part: str) -> float:
    """How far a part extends from its middle."""
    return 0.18 if len(part) == 1 else 0.36


def box(place: float, height: float, color: str) -> Any:
    """The box of a sub-layer or a normalization."""
    from matplotlib.patches import FancyBboxPatch

    style = "round,pad=0,rounding_size=0.08"
    corner = (place - 0.36, height - 0.3)
    return FancyBboxPatch(corner, 0.72, 0.6, boxstyle=style, fc=color, ec=INK, lw=1)


def circle(place: float, height: float) -> Any:
    """The circle of an addition."""
    from matplotlib.patches import Circle

    return Circle((place, height), 0.18, fc="white", ec=INK, lw=1)


def arrow(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A straight arrow."""
    style = {"arrowstyle": "-|>", "color": INK, "lw": 1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=style)


def way_around(axes: Any, start: int, end: int, height: float) -> None:
    """A residual: up from the stream, past the boxes, and down into an addition."""
    top = height + 0.62
    axes.plot([start, start, end], [height + 0.18, top, top], color=INK, lw=1.8)
    arrow(axes, (end, top), (end, height + 0.18))
