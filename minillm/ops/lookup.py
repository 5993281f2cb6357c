"""Rows of a table by number."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, check_ids, on_host, scatter_add


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
