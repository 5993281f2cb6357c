"""Pictures of a run: learning curves, a confusion matrix, an attention map."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import write_atomically
from minillm.commands.words import ENGLISH, Words
from minillm.course.drawing.fonts import chinese_font
from minillm.tasks import MaskedScores

MODEL, BASELINE = "#1f5f99", "#b0522a"


def new_figure(columns: int, *, width: float, height: float) -> tuple[Any, np.ndarray]:
    """A figure that needs no screen, and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(figure.subplots(1, columns))
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def learning_curves(
    path: Path,
    losses: dict[str, list[float]],
    masked: MaskedScores,
    *,
    n_classes: int,
    say: Words = ENGLISH,
) -> None:
    """Both training losses over their updates, each beside what it has to beat."""
    say = drawable(say)
    figure, (left, right) = new_figure(2, width=9, height=3.6)
    draw_curve(left, losses["pretrain"], say)
    for level, style, name in (
        (masked.unigram, "--", "word frequencies"),
        (masked.neighbours, ":", "both neighbours"),
    ):
        left.axhline(level, color=BASELINE, linestyle=style, label=say(name))
    draw_curve(right, losses["finetune"], say)
    right.axhline(math.log(n_classes), color=BASELINE, linestyle="--", label=say("guessing"))
    left.set(title=say("Pretraining: which word is hidden?"), ylabel=say("nats per word"))
    right.set(title=say("Fine-tuning: which class?"), ylabel=say("nats per sentence"))
    for ax in (left, right):
        ax.set_xlabel(say("update"))
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False, loc="upper right")
    save(figure, path, say)


def save(figure: Any, path: Path, say: Words) -> None:
    """Write the picture as PNG, whole or not at all."""
    from matplotlib.text import Text

    if say.language != "en":
        for text in figure.findobj(Text):
            text.set_fontfamily(["DejaVu Sans", chinese_font()])
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=150)
    write_atomically(path, drawn.getvalue())


def draw_curve(
    ax: Any, losses: Sequence[float], say: Words, label: str = "BERT, mean of {n}"
) -> None:
    """The loss of every update, faint, and its mean over a quarter of them, 50 at most."""
    ax.plot(losses, color=MODEL, alpha=0.25, linewidth=0.8)
    window = min(50, -(-len(losses) // 4))
    if window:
        means = np.convolve(losses, np.ones(window) / window, mode="valid")
        at = np.arange(len(means)) + window - 1
        ax.plot(at, means, color=MODEL, label=say(label, n=window))


def confusion_picture(
    path: Path, counts: np.ndarray, names: Sequence[str], say: Words = ENGLISH
) -> None:
    """True classes as rows, predicted ones as columns, with the counts written in."""
    say = drawable(say)
    side = 2.2 + 0.8 * len(names)
    figure, (ax,) = new_figure(1, width=side + 0.6, height=side)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape):
        color = "white" if shares[row, column] > 0.5 else "black"
        ax.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    ticks = range(len(names))
    ax.set_xticks(ticks, labels=names, rotation=30 if len(names) > 2 else 0)
    ax.set_yticks(ticks, labels=names)
    ax.set(xlabel=say("predicted"), ylabel=say("true"), title=say("Test sentences"))
    figure.colorbar(image, ax=ax, shrink=0.8, label=say("share of the true class"))
    save(figure, path, say)


def attention_picture(
    path: Path, weights: np.ndarray, tokens: Sequence[str], say: Words = ENGLISH
) -> bool:
    """One map per head (H, T, T); whether the tokens could be written, or stand as numbers."""
    say = drawable(say)
    font = chinese_font() if any(ord(c) > 0x2E7F for token in tokens for c in token) else "default"
    labels = list(tokens) if font else [str(i) for i in range(len(tokens))]
    figure, axes = new_figure(len(weights), width=3.1 * len(weights) + 0.8, height=3.9)
    family = {} if font in (None, "default") else {"fontfamily": ["DejaVu Sans", font]}
    for head, (ax, map_) in enumerate(zip(axes, weights, strict=True)):
        image = ax.imshow(map_, cmap="magma_r", vmin=0, vmax=weights.max())
        ax.set_xticks(range(len(labels)), labels=labels, rotation=90, fontsize=7, **family)
        ax.set_yticks(range(len(labels)), labels=labels if head == 0 else [], fontsize=7, **family)
        ax.set_title(say("head {n}", n=head + 1), fontsize=9)
        ax.set_xlabel(say("attended (key)"), fontsize=8)
    axes[0].set_ylabel(say("attending (query)"), fontsize=8)
    figure.colorbar(image, ax=list(axes), shrink=0.75, label=say("attention weight"))
    figure.supxlabel(say("each row: where a word looks; the weights of a row sum to 1"), fontsize=8)
    save(figure, path, say)
    return font is not None


def drawable(say: Words) -> Words:
    """The words of a picture: Chinese ones only where a font has their characters."""
    return say if say.language == "en" or chinese_font() else ENGLISH
