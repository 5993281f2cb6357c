"""A picture of a lab: the effect of every remedy with its interval and verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minillm.commands.pictures import new_figure, save
from minillm.commands.words import ENGLISH
from minillm.labs.compare_result import Result
from minillm.labs.verdicts import HARMS, HELPS, LEAST, NOTHING, UNDECIDED

# colour, marker, and a sign beside it, so that no verdict is told by its colour alone
LOOKS = {
    HELPS: ("#1f5f99", "^", "+"),
    HARMS: ("#b0522a", "v", "−"),
    NOTHING: ("#555555", "o", "0"),
    UNDECIDED: ("#999999", "s", "?"),
}


def comparison_picture(path: Path, result: Result) -> None:
    """A panel for each headline measure, a row for each remedy, as PNG."""
    names, remedies = result.lab.headlines, list(result.remedies[1:])
    height = 1.6 + 0.35 * len(remedies)
    figure, axes = new_figure(len(names), width=2.2 + 2.6 * len(names), height=height)
    for place, (ax, name) in enumerate(zip(axes, names, strict=True)):
        draw_measure(ax, result, name)
        ax.set_yticks(range(len(remedies)), remedies if place == 0 else [""] * len(remedies))
        ax.set_ylim(len(remedies) - 0.5, -0.5)
    signs = "   ".join(f"{sign} {word}" for word, (_, _, sign) in LOOKS.items())
    figure.supxlabel(f"difference from {result.lab.baseline!r}\n{signs}", fontsize=8)
    save(figure, path, ENGLISH)


def draw_measure(ax: Any, result: Result, name: str) -> None:
    """The differences of one measure, their intervals, and the band that is not worth a word."""
    ax.axvspan(-LEAST, LEAST, color="#eeeeee")
    ax.axvline(0.0, color="black", linewidth=0.8)
    verdicts = result.verdicts()
    for row, remedy in enumerate(result.remedies[1:]):
        one = verdicts[remedy, name]
        colour, marker, sign = LOOKS[one.word]
        ax.errorbar(one.mean, row, xerr=one.half, color=colour, marker=marker, capsize=3)
        ax.annotate(sign, (1.0, row), xycoords=("axes fraction", "data"), color=colour, va="center")
    ax.locator_params(axis="x", nbins=4)
    good = "more" if result.lab.measures[name].good > 0 else "less"
    ax.set_title(f"{name}\n({good} is better)", fontsize=9)
