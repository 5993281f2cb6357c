"""Points of two classes in the plane, and where a model draws the line between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def draw_plane(
    axes: Any,
    points: np.ndarray,
    classes: np.ndarray,
    probability: Callable[[np.ndarray], np.ndarray],
    reach: float,
) -> None:
    """Show the probability of class 1 as shades, its half as a line, and the points.

    Shapes: ``points (N, 2)``, ``classes (N,)`` of 0 and 1; ``probability (M, 2) -> (M,)``.
    The picture goes from ``-reach`` to ``reach`` both ways.
    """
    line = np.linspace(-reach, reach, 81)
    x, y = np.meshgrid(line, line)
    grid = np.stack([x.ravel(), y.ravel()], axis=1)  # (M, 2)
    height = probability(grid).reshape(x.shape)
    axes.contourf(x, y, height, levels=np.linspace(0, 1, 6), cmap="Greys", alpha=0.3)
    axes.contour(x, y, height, levels=[0.5], colors="black", linewidths=1.5)
    for label, marker, color, face in (
        (0, "o", "#2166ac", "white"),
        (1, "^", "#b2182b", "#b2182b"),
    ):
        these, looks = points[classes == label].T, {"color": color, "mfc": face, "ms": 4}
        axes.plot(*these, marker, label=f"class {label}", **looks)
    axes.set(aspect="equal", xticks=[], yticks=[])
    axes.legend(loc="upper right", fontsize=8, framealpha=0.9)
