"""Rows of a table, and elements along an axis, by number."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.autograd.arithmetic import take
from minillm.backend import Array, array_module, check_ids, on_host, scatter_add
from minillm.ops.axes import checked_axis


@op
def embedding(table: Array, /, *, ids: Array) -> tuple[Array, VJP]:
    """The rows of ``table`` that ``ids`` name: a product with one-hot rows, without the product.

        y[i] = table[ids[i]]         dL/dtable[v] = sum of g[i] over all i with ids[i] = v

    Shapes: ``table (V, D), ids (...) -> (..., D)``.

    Ids on the host are checked here; ids on a device were checked before they were moved, since
    reading them back would make the device wait.

    Raises:
        IndexError: an id outside [0, V), with the id and its position.  Negative ids do not
            count from the end.
        TypeError: ids that are not integers.
        ValueError: ``table`` is not two-dimensional.
    Source: Bengio et al. 2003, "A Neural Probabilistic Language Model", section 2.
    """
    if table.ndim != 2:
        raise ValueError(f"embedding: the table must be (V, D), got {table.shape}")
    if on_host(ids):
        ids = check_ids(ids, table.shape[0])
    array_module(table, ids)  # refuses host ids beside a table on a device

    def vjp(g: Array) -> tuple[Array]:
        return (scatter_add(table.shape, ids, g),)

    return table[ids], vjp


@op
def take_along_axis(x: Array, /, *, indices: Array, axis: int = -1) -> tuple[Array, VJP]:
    """Along ``axis``, in every slice, the elements that this slice's own ``indices`` name.

        y[i, j] = x[i, k],  k = indices[i, j]
        dL/dx[i, k] = sum of g[i, j] over all j with indices[i, j] = k          (axis -1)

    Shapes: ``x (..., N, ...), indices (..., M, ...) -> (..., M, ...)``, equal but for ``axis``.

    With ``indices = targets[..., None]`` it picks from every row of log-probabilities the one of
    the word that came.  It is ``x[index]`` with the other axes counted through, and so its
    gradient is that of ``take``.

    Raises:
        IndexError: a host index outside [0, N); negative ones do not count from the end.
        TypeError: indices that are not integers, or an axis that is none.
        ValueError: shapes that differ in another axis, or ``axis`` out of range.
    """
    axis = checked_axis("take_along_axis", axis, x.shape)
    if on_host(indices):
        indices = check_ids(
            indices, x.shape[axis], name="take_along_axis: element number", of="an axis"
        )
    rest = [(*a.shape[:axis], *a.shape[axis + 1 :]) for a in (x, indices)]
    if indices.ndim != x.ndim or rest[0] != rest[1]:
        raise ValueError(
            f"take_along_axis: x {x.shape} and indices {indices.shape} "
            f"may differ in axis {axis} alone"
        )
    xp = array_module(x, indices)
    counted = [
        xp.arange(n).reshape([n if i == j else 1 for j in range(x.ndim)])
        for i, n in enumerate(x.shape)
    ]
    index = (*counted[:axis], indices, *counted[axis + 1 :])
    return take.run(x, index=index)
