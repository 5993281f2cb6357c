"""Trade-offs between losses: which points no other beats, and how much they leave behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np


def checked_points(points: Any) -> np.ndarray:
    """n points of m losses each, (n, m) in float64.

    Raises:
        ValueError: another form, no point, or a loss that is not finite.
    """
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or not points.size:
        raise ValueError(f"points are (n, m), n points of m losses each, got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("points must be finite; leave out those of runs that failed")
    return points


def dominated(points: Any) -> np.ndarray:
    """Whether some other point is as good in every loss and better in one.

    Shapes: ``points (n, m) -> (n,)`` booleans.  Of equal points none dominates the other.

    Raises:
        ValueError: as ``checked_points``.
    """
    points = checked_points(points)
    as_good = (points[None] <= points[:, None]).all(axis=-1)
    better = (points[None] < points[:, None]).any(axis=-1)
    found: np.ndarray = (as_good & better).any(axis=1)
    return found


def pareto_front(points: Any) -> np.ndarray:
    """The points that no other dominates, each once, by their first loss.

    Shapes: ``points (n, m) -> (k, m)``.

    Raises:
        ValueError: as ``checked_points``.
    """
    points = checked_points(points)
    front: np.ndarray = np.unique(points[~dominated(points)], axis=0)
    return front


def checked_reference(points: np.ndarray, reference: Any) -> np.ndarray:
    """The worst corner of what is measured, (m,).

    Raises:
        ValueError: not one finite number for each loss.
    """
    reference = np.asarray(reference, dtype=np.float64)
    if reference.shape != points.shape[1:] or not np.isfinite(reference).all():
        raise ValueError(
            f"the reference needs one finite number for each of {points.shape[1]} losses, got "
            f"{reference.tolist()!r:.80}"
        )
    return reference


def hypervolume(points: Any, reference: Any) -> float:
    """The volume that the points dominate, up to the reference: that below a staircase::

        volume of the union over points p of the boxes from p to the reference

    Shapes: ``points (n, m), reference (m,)``.

    What is not better than the reference in every loss adds nothing.  Exact for any number of
    losses, slab by slab along the last one.

    Raises:
        ValueError: as ``checked_points``; a reference of another form.
    Source: Zitzler & Thiele 1999, "Multiobjective Evolutionary Algorithms: A Comparative Case Study
        and the Strength Pareto Approach".
    """
    points = checked_points(points)
    reference = checked_reference(points, reference)
    inside = points[(points < reference).all(axis=1)]
    if not len(inside):
        return 0.0
    if points.shape[1] == 1:
        return float(reference[0] - inside.min())
    levels = np.unique(inside[:, -1])
    thickness = np.diff([*levels, reference[-1]])
    return sum(
        float(size) * hypervolume(inside[inside[:, -1] <= level, :-1], reference[:-1])
        for level, size in zip(levels, thickness, strict=True)
    )


def hypervolume_of_curve(points: Any, reference: Any) -> float:
    """The area that a front of two losses dominates if it goes straight from point to point.

    Shapes: ``points (n, 2), reference (2,)``.

    Dense points on a known front give the area of that front; a few points on a convex front give
    more than their staircase, but never more than the front.

    Raises:
        ValueError: as ``hypervolume``; other than two losses.
    """
    points = checked_points(points)
    reference = checked_reference(points, reference)
    if points.shape[1] != 2:
        raise ValueError(f"a curve has two losses, got points of {points.shape[1]}")
    x, y = pareto_front(points).T
    x, y = np.append(x, max(x[-1], reference[0])), np.append(y, y[-1])
    ends = np.unique(np.minimum(x, reference[0]))
    height = reference[1] - np.interp(ends, x, y)
    left, right, width = height[:-1], height[1:], np.diff(ends)
    rises = np.where(right > left, right - left, 1.0)  # a front only falls, so a height only rises
    share = np.clip(np.where(left < 0, right / rises, 1.0), 0.0, 1.0)  # of the width, above 0
    area = width * share * (np.maximum(left, 0) + np.maximum(right, 0)) / 2
    return float(area.sum())


def simplex_weights(m: int, parts: int) -> np.ndarray:
    """All weights of m losses that are multiples of 1/parts and sum to 1.

    Shapes: ``(n, m)``, from the first loss alone to the last alone; for m = 2, n = parts + 1.

    Raises:
        ValueError: m or parts is below 1.
    """
    if m < 1 or parts < 1:
        raise ValueError(f"simplex_weights: m and parts must be at least 1, got {m} and {parts}")
    places = [*combinations(range(parts + m - 1), m - 1)]  # of the bars between the tasks' parts
    bars = np.array(places, dtype=int).reshape(len(places), m - 1)
    edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, parts + m - 1)))
    return (np.diff(edges, axis=1) - 1)[::-1] / parts


def weight_sweep(
    losses_at: Callable[[np.ndarray, int], Any], weights: Any, seeds: Sequence[int]
) -> np.ndarray:
    """The losses that training reaches with each of several weightings, for each seed.

    Shapes: ``losses_at(weights (m,), seed) -> (m,)``, ``weights (n, m) -> (n, seeds, m)``.

    Minima of weighted sums reach only points where the front is convex.

    Raises:
        ValueError: no weights or no seeds, or losses of another number or not finite.
    """
    weights = checked_points(weights)
    if not len(seeds):
        raise ValueError("weight_sweep: needs at least one seed, got none")
    found = [[losses_at(w, seed) for seed in seeds] for w in weights]
    return checked_points(np.reshape(found, (-1, weights.shape[1]))).reshape(
        len(weights), len(seeds), weights.shape[1]
    )
