"""The curves of several runs in one picture that is legible in grey."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import write_atomically
from minillm.commands.lab_matrix import svg
from minillm.training.history import History, losses_of

FORMATS = (".png", ".svg")
COLORS = ("#10304f", "#b0522a", "#5b9bd0", "#d9a441")  # from dark to light, also in grey
LINES = ("-", "--", ":", "-.")
MARKERS = "osD^vP*X"
ABREAST = 3  # panels


def curves_picture(path: Path, runs: Mapping[str, History]) -> None:
    """A panel for each stage of each task: losses smoothed, held-out ones as marks."""
    panels = list(
        dict.fromkeys((one.task, stage) for one in runs.values() for stage in one.stages)
    ) or [("none", "none")]
    figure, axes = panels_for(len(panels), lines=len(runs))
    handles: dict[str, Any] = {}
    for ax, (task, stage) in zip(axes, panels, strict=True):
        for place, (name, one) in enumerate(runs.items()):
            if one.task == task and (drawn := draw_run(ax, one, stage, place)) is not None:
                handles[name] = drawn
        ax.set(xlabel="step", title=stage if task == stage else f"{stage} of {task}")
        ax.set_ylabel("loss (a mark: held out)")
    figure.legend(
        [*handles.values()],
        [name.replace("$", r"\$") for name in handles],
        loc="outside right upper",
        frameon=False,
        fontsize=8,
        handlelength=3.5,
    )
    write_picture(path, figure)


def panels_for(n: int, *, lines: int) -> tuple[Any, list[Any]]:
    """A figure with ``n`` axes, at most ``ABREAST`` of them side by side, and room for names."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(n, ABREAST)
    height = max(3.4 * -(-n // columns), 0.3 * lines)
    figure = Figure(figsize=(4.4 * columns + 2.2, height), layout="constrained")
    FigureCanvasAgg(figure)
    places = range(1, n + 1)
    axes = [figure.add_subplot(-(-n // columns), columns, place) for place in places]
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def draw_run(ax: Any, one: History, stage: str, place: int) -> Any:
    """The curve of one run; its line for the legend, ``None`` where there is no number."""
    events = one.updates(stage)
    steps = np.array([event["step"] for event in events])
    losses = np.array([event["loss"] for event in events], dtype=float)
    color = COLORS[place % len(COLORS)]
    line = LINES[(place + place // len(COLORS)) % len(LINES)]
    drawn = None
    if len(losses):
        at, means = smoothed(steps, losses)
        (drawn,) = ax.plot(at, means, color=color, linestyle=line, linewidth=1.4)
    examined = losses_of(events, "held_out_loss")
    if examined:
        marker = MARKERS[place % len(MARKERS)]
        every = max(1, len(examined) // 8)
        style = {"marker": marker, "markersize": 4.5, "markerfacecolor": "white"}
        (marks,) = ax.plot(
            [*examined], [*examined.values()],
            color=color, linestyle=line, linewidth=0.7, markevery=every, **style,
        )  # fmt: skip
        drawn = marks if drawn is None else (drawn, marks)
    return drawn


def smoothed(steps: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over a twentieth of the steps, each drawn at the last of them."""
    window = max(1, min(50, len(losses) // 20))
    means = np.convolve(losses, np.ones(window) / window, mode="valid")
    return steps[window - 1 :], means


def write_picture(path: Path, figure: Any) -> None:
    """The figure in the form that its name says, whole or not at all."""
    if path.suffix.lower() == ".svg":
        write_atomically(path, svg(figure))
        return
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=150)
    write_atomically(path, drawn.getvalue())
