"""What the losses share: which positions count, how much, and how their costs become one number."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.backend import Array, array_module, check_ids, on_host, where_or_0
from minillm.backend.ids import integer_array
from minillm.ops.precision import rounded

REDUCTIONS = ("mean", "sum", "none")


def shares(name: str, weights: Any, total: Any, reduction: str) -> Any:
    """How much each cost counts in the loss: its part of the mean, else its weight.

    Raises:
        ValueError: ``reduction`` is not one of the three.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    return weights / total if reduction == "mean" else weights


def equal_shares(name: str, counted: Array, dtype: Any, reduction: str) -> Array:
    """The same share for every position that counts, 0 for the others.

    Raises:
        ValueError: as ``shares``.
    """
    n = array_module(counted).maximum(counted.sum(), 1).astype(dtype)
    return shares(name, counted.astype(dtype), n, reduction)


def reduced(counted_costs: Array, reduction: str, dtype: Any) -> Array:
    """The sum of the costs, each already times its share; with "none", every one by itself."""
    return rounded(counted_costs if reduction == "none" else counted_costs.sum(), dtype)


def times_or_0(share: Array, cost: Array) -> Array:
    """``share * cost``, and 0 where the share is 0, whatever the cost: 0 times infinity is NaN."""
    return share * where_or_0(array_module(share, cost).not_equal(share, 0.0), cost)


def rows_that_count(scores: Array, counted: Array) -> Array:
    """The scores as a matrix ``(N, C)``, with 0 for those of a position that does not count.

    What stands there may be anything, NaN too, and must reach neither the loss nor a gradient.
    """
    rows = scores.reshape(counted.size, scores.shape[-1])
    if on_host(counted) and counted.all():
        return rows  # saves a pass over all scores
    rows = rows.copy()
    clear_uncounted(rows, counted)
    return rows


def clear_uncounted(rows: Array, counted: Array) -> None:
    """Write 0 into the rows of a matrix ``(N, C)`` whose position does not count, NaN or not."""
    rows[~counted.reshape(counted.size)] = 0.0


def checked_targets(name: str, scores: Array, targets: Any, ignore_index: int) -> Array:
    """The targets as an array, those on the host checked.

    Raises:
        ValueError: their shape is not that of ``scores`` without its last axis.
        IndexError: a target outside [0, C) that is not ``ignore_index``.
        TypeError: targets that are not integers.
    """
    if on_host(targets):
        targets = integer_array(targets, name="target class")
    if scores.ndim == 0 or targets.shape != scores.shape[:-1]:
        raise ValueError(
            f"{name} {scores.shape} need targets {scores.shape[:-1]}, got {targets.shape}; "
            "the classes stand last"
        )
    if on_host(targets):
        there = np.where(targets == ignore_index, 0, targets)
        check_ids(there, scores.shape[-1], name="target class", of="a set of classes")
    return targets


def chosen_places(targets: Array, counted: Array) -> tuple[Array, Array]:
    """The index that picks from a matrix ``(N, C)`` the element of each target; 0 for the rest."""
    xp = array_module(targets)
    return xp.arange(targets.size), xp.where(counted, targets, 0).reshape(targets.size)
