"""The picture of a fine-tuning: what is learned, and beside it what is forgotten."""

from __future__ import annotations

from pathlib import Path

from minillm.commands.forgetting import Forgetting
from minillm.commands.language_pictures import HELD_OUT, draw_losses
from minillm.commands.pictures import BASELINE, new_figure, save
from minillm.commands.words import ENGLISH


def finetuning_picture(
    path: Path, record: Path, forgetting: Forgetting | None, *, method: str
) -> None:
    """The losses of labels over the updates; beside them that of the language, if measured."""
    n = 1 if forgetting is None else 2
    figure, axes = new_figure(n, width=5 * n, height=3.8)
    draw_losses(axes[0], record, "training, mean of {n}")
    axes[0].set(xlabel="update", ylabel="nats per text", title=f"labels, method {method}")
    axes[0].set_ylim(bottom=0)
    axes[0].legend(frameon=False)
    if forgetting is not None:
        points = [(0.0, forgetting.before), *((x, y) for x, y in forgetting.curve)]
        axes[1].plot(*zip(*points, strict=True), "o-", color=HELD_OUT)
        axes[1].axhline(forgetting.before, color=BASELINE, linestyle="--", label="before")
        axes[1].set(xlabel="update", ylabel="nats per token", title=f"texts of {named(forgetting)}")
        axes[1].set_ylim(bottom=0)
        axes[1].legend(frameon=False)
    save(figure, path, ENGLISH)


def named(forgetting: Forgetting) -> str:
    """The file's name; ``$`` begins no formula."""
    return forgetting.path.name.replace("$", r"\$")
