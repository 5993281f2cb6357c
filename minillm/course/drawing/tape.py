"""A tape as a picture: a node for each entry, a pair of arrows for each use of another entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

FORWARD, BACKWARD = "black", "#b2182b"
WIDE = 1.9  # from one column of nodes to the next
Step = tuple[str, Sequence[int], Any]  # name, the entries it was computed from, VJP


def draw_tape(
    axes: Any, steps: Sequence[Step], values: Sequence[np.ndarray], gradients: Sequence[np.ndarray]
) -> None:
    """Draw a tape from left to right: values along solid arrows, gradients along dashed ones.

    The last entry is the loss; it gets a node "L" of its own.
    """
    last = len(steps) - 1
    at = places(steps)
    at.append(at[last] + np.array([WIDE, 0]))
    axes.set(xlim=(min(x for x, _ in at) - 0.4, WIDE + 0.3), ylim=(-2.15, -0.75))
    axes.axis("off")
    named = [*((name, parents) for name, parents, _ in steps), ("$L$", (last,))]
    nodes = [node(axes, here, *named[i]) for i, here in enumerate(at)]
    for i, (_, parents) in enumerate(named):
        for parent in parents:
            ends, between = (at[parent], at[i]), (nodes[parent], nodes[i])
            use(axes, ends, between, values[parent], gradients[parent])
    axes.text(WIDE, -1.9, "solid: value", ha="right", color=FORWARD)
    axes.text(WIDE, -2.05, "dashed: gradient", ha="right", color=BACKWARD)


def places(steps: Sequence[Step]) -> list[np.ndarray]:
    """Where each entry stands: its column says how many steps it is from the end."""
    columns = [0] * len(steps)
    for i in reversed(range(len(steps))):
        for parent in steps[i][1]:
            columns[parent] = max(columns[parent], columns[i] + 1)
    height: dict[int, int] = {}
    at = [np.zeros(2)] * len(steps)
    for i in sorted(range(len(steps)), key=lambda i: not steps[i][1]):  # leaves lowest
        height[columns[i]] = height.get(columns[i], 0) - 1
        at[i] = np.array([-WIDE * columns[i], height[columns[i]]])
    return at


def node(axes: Any, here: np.ndarray, name: str, parents: Sequence[int]) -> Any:
    """The frame of one entry: a circle around a leaf, a box around what was computed."""
    frame = {"boxstyle": "round" if parents else "circle", "fc": "white", "ec": "gray"}
    words = name.replace("_", "\n")
    text = axes.text(*here, words, ha="center", va="center", size=9, bbox=frame, zorder=2)
    return text.get_bbox_patch()


def use(
    axes: Any,
    ends: tuple[np.ndarray, np.ndarray],
    nodes: tuple[Any, Any],
    value: np.ndarray,
    gradient: np.ndarray,
) -> None:
    """Two arrows between two nodes, from frame to frame, each beside its numbers."""
    from matplotlib.patches import FancyArrowPatch

    level = ends[0][1] == ends[1][1]
    shift = np.array([0, 0.035] if level else [-0.06, 0])  # values above, or on the left
    middle = (ends[0] + ends[1]) / 2
    for sign, array, color, style in ((1, value, FORWARD, "-"), (-1, gradient, BACKWARD, "--")):
        (start, end), (first, second) = ends[::sign], nodes[::sign]
        move = sign * shift
        looks: dict[str, Any] = {
            "arrowstyle": "->",
            "mutation_scale": 10,
            "ls": style,
            "color": color,
        }
        reach: dict[str, Any] = {"patchA": first, "patchB": second, "shrinkA": 1, "shrinkB": 1}
        reach["zorder"] = 3  # after the nodes: before it is drawn, a frame has no place yet
        axes.add_patch(FancyArrowPatch(start + move, end + move, **looks, **reach))
        place = middle + (2.2 if level else 3) * move
        beside = {"ha": "right" if sign == 1 else "left", "va": "center"}
        over = {"ha": "center", "va": "bottom" if sign == 1 else "top"}
        axes.text(*place, in_rows(array), color=color, size=8, **(over if level else beside))


def in_rows(array: np.ndarray) -> str:
    """An array as text, with two decimals."""
    return "\n".join(" ".join(f"{x:.2f}" for x in row) for row in np.atleast_2d(array))
