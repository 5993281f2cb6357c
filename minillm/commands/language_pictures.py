"""Pictures of a language model: its losses, and the probabilities of the next token."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minillm.commands.pictures import BASELINE, MODEL, draw_curve, new_figure, save
from minillm.commands.words import ENGLISH
from minillm.course.drawing.fonts import chinese_font
from minillm.training import held_out_losses, read_record

HELD_OUT = "#2a7d3f"


def loss_curve(
    path: Path, record: Path, *, order: int, counted: float, vocabulary_size: int
) -> None:
    """The loss of training and of held-out text over the updates, beside that of counting."""
    figure, (ax,) = new_figure(1, width=7, height=4)
    draw_losses(ax, record, "GPT, mean of {n}")
    ax.axhline(
        counted, color=BASELINE, linestyle="--", label=f"held out, counts of up to {order} tokens"
    )
    ax.axhline(math.log(vocabulary_size), color="gray", linestyle=":", label="every token alike")
    ax.set(xlabel="update", ylabel="nats per token", title="Pretraining: which token comes next?")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    save(figure, path, ENGLISH)


def draw_losses(ax: Any, record: Path, label: str, before: float | None = None) -> None:
    """The losses of a run's record over the updates, and the held-out ones, also that before."""
    _, events = read_record(record)
    draw_curve(ax, [event["loss"] for event in events], ENGLISH, label)
    examined = ({} if before is None else {0: before}) | held_out_losses(events)
    if examined:
        ax.plot([*examined], [*examined.values()], "o-", color=HELD_OUT, label="held out")


def next_token_picture(path: Path, prompt: str, found: Sequence[tuple[str, float]]) -> None:
    """The most probable next tokens as bars, the most probable one on top."""
    figure, (ax,) = new_figure(1, width=6, height=1.2 + 0.32 * len(found))
    places = np.arange(len(found))[::-1]
    shares = [probability for _, probability in found]
    ax.barh(places, shares, color=MODEL)
    names = [written(token) for token, _ in found]
    font = chinese_font()
    family = {"fontfamily": ["DejaVu Sans", font]} if font else {}
    ax.set_yticks(places, labels=names, **family)
    for place, share in zip(places, shares, strict=True):
        ax.text(share, place, f" {share:.3f}", va="center", fontsize=8)
    ax.set_xlim(0, max(shares) * 1.15)
    ax.set_xlabel("probability, as the model has it")
    ax.set_title(f"… {written(prompt[-40:])}" if prompt else "at the beginning", **family)
    save(figure, path, ENGLISH)


def written(text: str) -> str:
    """A text on one line, its blanks and line ends seen; ``$`` begins no formula."""
    return text.replace("\n", "↵").replace(" ", "␣").replace("\t", "⇥").replace("$", r"\$")
