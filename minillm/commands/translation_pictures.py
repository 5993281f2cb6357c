"""Pictures of a translator: its losses, and what it looks at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from minillm.commands.language_pictures import draw_losses, written
from minillm.commands.pictures import new_figure, save
from minillm.commands.words import ENGLISH
from minillm.course.drawing.fonts import chinese_font
from minillm.tasks.translation import Attention


def translation_curve(path: Path, record: Path, *, smoothing: float) -> None:
    """The loss of training, with its smoothing, and of held-out pairs, without."""
    figure, (ax,) = new_figure(1, width=7, height=4)
    label = f"training, smoothed targets ({smoothing:g}), " if smoothing else "training, "
    draw_losses(ax, record, label + "mean of {n}")
    ax.set(xlabel="update", ylabel="nats per token", title="Translation: which token comes next?")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    save(figure, path, ENGLISH)


def alignment_picture(path: Path, attention: Attention, weights: np.ndarray) -> None:
    """The source below, the translation from top to bottom, and ``weights (T, S)`` as colours."""
    rows, columns = weights.shape
    figure, (ax,) = new_figure(1, width=2.4 + 0.34 * columns, height=1.8 + 0.3 * rows)
    font = chinese_font()
    family = {"fontfamily": ["DejaVu Sans", font]} if font else {}
    image = ax.imshow(weights, cmap="magma_r", vmin=0, vmax=1, aspect="auto")
    ax.set_xticks(range(columns), labels=map(written, attention.source), rotation=90, **family)
    ax.set_yticks(range(rows), labels=map(written, attention.target), **family)
    ax.set(xlabel="source", ylabel="written", title="Looked at, to write each token")
    figure.colorbar(image, ax=ax, shrink=0.75, label="attention weight; a row sums to 1")
    save(figure, path, ENGLISH)
