"""The guide's flow chart, redrawn: phases are one thing, the path of the data another.

It is ``figures/phases.svg``; its words are in ``content/diagram.json``.
"""

from __future__ import annotations

import io
import re
from typing import Any

from minillm.course.places import content

WORDS = content("diagram")
PHASE_COLOR, LAYER_COLOR, INK = "#f3d9c6", "#d5e3f0", "#222222"


def phases() -> str:
    """The diagram as an SVG without a date, so that the same code gives the same text.

    Guide: 2.1, 2.2 (G34).
    """
    import matplotlib
    from matplotlib.figure import Figure

    drawn = io.StringIO()
    own: Any = {
        "svg.hashsalt": "phases",
        "svg.fonttype": "none",
        "figure.constrained_layout.use": False,
    }
    with matplotlib.rc_context(own):  # whatever was set before
        figure = Figure(figsize=(9.2, 3.6))
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set(xlim=(0, 92), ylim=(4, 40))
        ax.axis("off")
        row(ax, **WORDS["phases"], top=36, width=24, color=PHASE_COLOR)
        row(ax, **WORDS["layers"], top=17, width=12.5, color=LAYER_COLOR)
        style: Any = {
            "ha": "center",
            "va": "center",
            "fontsize": 7.5,
            "style": "italic",
            "color": INK,
        }
        for x, words in zip((30.5, 61.5), WORDS["between"], strict=True):
            ax.text(x, 23.3, words, **style)
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": "minillm"})
    return drawn.getvalue()


def same_words(one: str, other: str) -> bool:
    """Whether two SVGs say the same: another version of what draws them moves and rounds lines."""
    first, second = (re.findall(r"<text[^>]*>([^<]*)</text>", svg) for svg in (one, other))
    return bool(first) and first == second


def row(
    ax: Any, title: str, boxes: list[list[str]], *, top: float, width: float, color: str
) -> None:
    """One row of boxes from left to right, with an arrow from each to the next."""
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    gap = (86 - len(boxes) * width) / (len(boxes) - 1)
    ax.text(3, top + 1.2, title, fontsize=11, weight="bold", color=INK)
    for i, (name, meaning) in enumerate(boxes):
        left, bottom = 3 + i * (width + gap), top - 10.5
        box = FancyBboxPatch(
            (left, bottom),
            width,
            9,
            boxstyle="round,pad=0,rounding_size=1",
            fc=color,
            ec=INK,
            lw=0.8,
        )
        ax.add_patch(box)
        middle = left + width / 2
        ax.text(middle, bottom + 7, name, ha="center", va="center", fontsize=10, weight="bold")
        ax.text(middle, bottom + 3, meaning, ha="center", va="center", fontsize=7.8)
        if i:
            ends = (left - gap, bottom + 4.5), (left, bottom + 4.5)
            ax.add_patch(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=9, color=INK))
