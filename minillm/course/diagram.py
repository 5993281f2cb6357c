"""The guide's flow chart, redrawn: phases are one thing, the path of the data another.

``python -m minillm.course.diagram`` writes ``figures/phases.svg``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

FIGURE = Path(__file__).parents[2] / "figures" / "phases.svg"
PHASES = (
    ("Pretrain", "all weights, many texts\nwhich word is hidden?"),
    ("Fine-tune", "all weights, labelled texts\nwhich class?"),
    ("Use", "no weight changes\na label for a new text"),
)
LAYERS = (
    ("text", "clean, split\ninto tokens"),
    ("ids", "[CLS] … [SEP]\npadding + mask"),
    ("embedding", "token + position\n+ segment"),
    ("encoder", "L blocks:\nattention, FFN"),
    ("head", "hidden words,\nor classes"),
    ("output", "a probability\nfor each"),
)
PHASE_COLOR, LAYER_COLOR, INK = "#f3d9c6", "#d5e3f0", "#222222"


def draw_phases(path: Path = FIGURE) -> None:
    """Write the diagram as an SVG without a date, so that the same code gives the same file."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.2, 3.6))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 92), ylim=(4, 40))
    ax.axis("off")
    row(ax, "Phases: when weights are learned", PHASES, top=36, width=24, color=PHASE_COLOR)
    row(
        ax,
        "Path of the data: the same in every phase",
        LAYERS,
        top=17,
        width=12.5,
        color=LAYER_COLOR,
    )
    for x, words in ((30.5, "copy the encoder,\nnew head"), (61.5, "copy all")):
        ax.text(x, 23.3, words, ha="center", va="center", fontsize=7.5, style="italic", color=INK)
    with matplotlib.rc_context({"svg.hashsalt": "phases", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None, "Creator": "minillm"})


def row(
    ax: Any, title: str, boxes: tuple[tuple[str, str], ...], *, top: float, width: float, color: str
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


if __name__ == "__main__":
    draw_phases()
