"""Pictures of learning to answer: losses; rewards, margins and the way from the reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from minillm.commands.language_pictures import HELD_OUT, draw_losses
from minillm.commands.pictures import BASELINE, MODEL, new_figure, save
from minillm.commands.words import ENGLISH


def instruction_picture(path: Path, record: Path, *, before: float) -> None:
    """What a token of the assistant costs, over the updates; the held-out ones from the start."""
    figure, (ax,) = new_figure(1, width=6, height=3.8)
    draw_losses(ax, record, "training, mean of {n}", before)
    ax.set(xlabel="update", ylabel="nats per token", title="loss of what the assistant says")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    save(figure, path, ENGLISH)


def preference_picture(path: Path, points: Sequence[Sequence[float]]) -> None:
    """Rewards of both answers, their margins, and KL, of held-out pairs over the updates.

    A point is the number of updates and the values of ``Measured``.
    """
    columns = list(zip(*points, strict=True))
    done, chosen, rejected, low, middle, high, *_, kl, error = columns
    figure, (left, centre, right) = new_figure(3, width=13, height=3.8)
    left.plot(done, chosen, "o-", color=MODEL, label="chosen")
    left.plot(done, rejected, "s--", color=BASELINE, label="rejected")
    left.set(title="implicit reward, mean", ylabel=r"$\beta\,\ln(\pi / \pi_{ref})$")
    left.legend(frameon=False)
    centre.fill_between(done, low, high, color=MODEL, alpha=0.2, label="middle half of the pairs")
    centre.plot(done, middle, "o-", color=MODEL, label="median")
    centre.axhline(0, color="gray", linestyle=":")
    centre.set(title="margin: chosen above rejected", ylabel="difference of rewards")
    centre.legend(frameon=False)
    right.errorbar(done, kl, yerr=error, fmt="o-", color=HELD_OUT, capsize=3)
    right.set(title="KL(model || reference), ± standard error", ylabel="nats per answer")
    right.set_ylim(bottom=0)
    for ax in (left, centre, right):
        ax.set_xlabel("update")
        ax.xaxis.get_major_locator().set_params(integer=True)
    figure.suptitle("held-out pairs")
    save(figure, path, ENGLISH)
