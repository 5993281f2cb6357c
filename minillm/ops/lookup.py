"""Rows of a table, and elements along an axis, by number."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from minillm.autograd import VJP, op
from minillm.autograd.arithmetic import take
from minillm.backend import Array, array_module, check_ids, on_host, scatter_add
from minillm.ops.axes import checked_axis
from minillm.ops.precision import rounded, widened


@op
def embedding(table: Array, /, *, ids: Array, padding_idx: int | None = None) -> tuple[Array, VJP]:
    """The rows of ``table`` that ``ids`` name: a product with one-hot rows, without the product::

        y[i] = table[ids[i]]         dL/dtable[v] = sum of g[i] over all i with ids[i] = v

    Shapes: ``table (V, D), ids (...) -> (..., D)``.

    The row ``padding_idx``, if there is one, is read like any other, but its gradient is 0: what
    stands for "no word" does not learn.

    Ids on the host are checked here; ids on a device were checked before they were moved, since
    reading them back would make the device wait.

    Raises:
        IndexError: an id or ``padding_idx`` outside [0, V), with the id and its position.
            Negative ids do not count from the end.
        TypeError: ids that are not integers, or a ``padding_idx`` that is not one.
        ValueError: ``table`` is not two-dimensional.
    Source: Bengio et al. 2003, "A Neural Probabilistic Language Model", section 2.
    Guide: 2.1, 3.3, 4.2.1, 5.2.2 (G8, G12).
    """
    if table.ndim != 2:
        raise ValueError(f"embedding: the table must be (V, D), got {table.shape}")
    if on_host(ids):
        ids = check_ids(ids, table.shape[0])
    array_module(table, ids)  # refuses host ids beside a table on a device
    if padding_idx is not None:
        padding_idx = checked_row("embedding: padding_idx", padding_idx, table)
    shape = table.shape

    def vjp(g: Array) -> tuple[Array]:
        grad = rounded(scatter_add(shape, ids, widened(g)), g.dtype)
        if padding_idx is not None:
            grad[padding_idx] = 0.0
        return (grad,)

    return table[ids], vjp


@op
def take_along_axis(x: Array, /, *, index: Array, axis: int = -1) -> tuple[Array, VJP]:
    """Along ``axis``, in every slice, the elements that this slice's own ``index`` name::

        y[i, j] = x[i, k],  k = index[i, j]
        dL/dx[i, k] = sum of g[i, j] over all j with index[i, j] = k          (axis -1)

    Shapes: ``x (..., N, ...), index (..., M, ...) -> (..., M, ...)``, equal but for ``axis``.

    With ``index = targets[..., None]`` it picks from every row of log-probabilities the one of
    the word that came.  It is ``x[index]`` with the other axes counted through, and so its
    gradient is that of ``take``.

    Raises:
        IndexError: a host index outside [0, N); negative ones do not count from the end.
        TypeError: an index that is not integers, or an axis that is not one.
        ValueError: shapes that differ in another axis, or ``axis`` out of range.
    """
    axis = checked_axis("take_along_axis", axis, x.shape)
    if on_host(index):
        index = check_ids(
            index, x.shape[axis], name="take_along_axis: element number", of="an axis"
        )
    rest = [(*a.shape[:axis], *a.shape[axis + 1 :]) for a in (x, index)]
    if index.ndim != x.ndim or rest[0] != rest[1]:
        raise ValueError(
            f"take_along_axis: x {x.shape} and index {index.shape} may differ in axis {axis} alone"
        )
    xp = array_module(x, index)
    counted = [
        xp.arange(n).reshape([n if i == j else 1 for j in range(x.ndim)])
        for i, n in enumerate(x.shape)
    ]
    return take.run(x, index=(*counted[:axis], index, *counted[axis + 1 :]))


def checked_row(name: str, number: Any, table: Array) -> int:
    """The number of a row of the table.

    Raises:
        TypeError: it is not an integer.
        IndexError: there is no such row; a negative number does not count from the end.
    """
    if not isinstance(number, Integral) or isinstance(number, bool):
        raise TypeError(f"{name} must be an integer, got {number!r}")
    if not 0 <= int(number) < table.shape[0]:
        raise IndexError(f"{name} {number} is out of range for a table of {table.shape[0]} rows")
    return int(number)
