"""The picture of a profile: the layers' shares of time, operations and memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minillm.commands.pictures import BASELINE, MODEL, new_figure, save
from minillm.commands.words import ENGLISH
from minillm.training.profile_parts import Profile, Spent

BACKWARD = "#8fb4d6"
MOST = 30  # lines; what is left shares one


def profile_picture(path: Path, profile: Profile, detail: int, title: str) -> None:
    """Three columns of bars, a line for each layer: milliseconds, MFLOP, megabytes held."""
    layers = shown_layers(profile.grouped(detail))
    names, spent = [*layers], [*layers.values()]
    figure, (times, flops, held) = new_figure(3, width=11, height=1.4 + 0.26 * len(names))
    places = np.arange(len(names))[::-1]

    def bars(
        ax: Any, of: Callable[[Spent], float], color: str, label: str | None, left: Any = 0.0
    ) -> np.ndarray:
        values = np.array([of(one) for one in spent])
        ax.barh(places, values, left=left, color=color, label=label)
        return values

    before = bars(times, lambda s: 1e3 * s.forward_s, MODEL, "forward")
    bars(times, lambda s: 1e3 * s.backward_s, BACKWARD, "backward", before)
    before = bars(flops, lambda s: s.forward_flops / 1e6, MODEL, None)
    bars(flops, lambda s: s.backward_flops / 1e6, BACKWARD, None, before)
    bars(held, lambda s: s.held_bytes / 2**20, BASELINE, None)
    times.set_yticks(places, labels=[f"{name}" for name in names], fontsize=8)
    for ax in (flops, held):
        ax.set_yticks([])
    total = profile.total
    times.set_xlabel(f"ms, of {1e3 * total.seconds:.1f}")
    flops.set_xlabel(f"MFLOP, of {total.flops / 1e6:,.0f}")
    held.set_xlabel(f"MB held for backward, of {total.held_bytes / 2**20:.1f}")
    times.legend(frameon=False, fontsize=8)
    figure.suptitle(title.replace("$", r"\$"), fontsize=10)
    save(figure, path, ENGLISH)


def shown_layers(layers: dict[str, Spent]) -> dict[str, Spent]:
    """The layers, those that take the least time as one line where there are too many."""
    if len(layers) <= MOST:
        return layers
    order = sorted(layers, key=lambda name: layers[name].seconds, reverse=True)
    kept = {*order[: MOST - 1]}
    found = {name: spent for name, spent in layers.items() if name in kept}
    rest = Spent()
    for name, spent in layers.items():
        if name not in kept:
            rest.add(spent)
    return found | {f"{len(layers) - len(kept)} others": rest}
