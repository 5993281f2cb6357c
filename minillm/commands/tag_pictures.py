"""The picture of a tagger: what it finds of names that training had, and of new ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from minillm.commands.pictures import BASELINE, MODEL, new_figure, save
from minillm.commands.tag_report import Measured
from minillm.commands.words import ENGLISH

ROOM = 60  # letters beside each other below one half of the picture


def novelty_picture(path: Path, measured: Measured, *, title: str) -> None:
    """F1 of every type and of all: seen names on the left, unseen ones on the right."""
    figure, axes = new_figure(2, width=10, height=3.8)
    kinds = [*measured.values()][-1].all.types
    colors = [MODEL] if len(measured) == 1 else [BASELINE, MODEL]
    width = 0.8 / len(measured)
    for ax, group in zip(axes, ("seen", "unseen"), strict=True):
        for i, ((name, scores), color) in enumerate(zip(measured.items(), colors, strict=True)):
            part = getattr(scores, group)
            heights = [part.of(kind).f1 for kind in kinds] + [part.micro.f1]
            places = np.arange(len(heights)) + (i - (len(measured) - 1) / 2) * width
            bars = ax.bar(places, heights, width, color=color, label=name)
            # a score of 0 is a bar that nobody sees
            ax.bar_label(bars, [f"{height:.2f}" for height in heights], fontsize=6, padding=1)
        there = getattr([*measured.values()][-1], group).there
        labels = [f"{plain(kind)}\n{there.get(kind, 0)}" for kind in kinds]
        labels.append(f"all\n{sum(there.values())}")
        turned = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        crowded = max(map(len, kinds), default=0) * len(labels) > ROOM
        ax.set_xticks(range(len(labels)), labels=labels, fontsize=8, **(turned if crowded else {}))
        ax.set(ylim=(0, 1.05), title=f"{group} names, {plain(title)}")
    axes[0].set_ylabel("F1 of whole names")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    save(figure, path, ENGLISH)


def plain(name: str) -> str:
    """A name in a picture, where ``$`` begins no formula."""
    return name.replace("$", r"\$")
