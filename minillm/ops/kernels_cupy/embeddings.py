"""The gradient of a table of embeddings, collected row by row in one order."""

from __future__ import annotations

from minillm.autograd import VJP
from minillm.backend import Array, array_module
from minillm.ops.kernels_cupy.launching import blocks_for, check_known, in_one_piece, launch
from minillm.ops.lookup import checked_row, embedding


def embedding_on_device(
    table: Array, /, *, ids: Array, padding_idx: int | None = None
) -> tuple[Array, VJP]:
    """``embedding``: forward is the rule's, and so are the errors."""
    check_known("embedding", table)
    y, _ = embedding.rule(table, ids=ids, padding_idx=padding_idx)
    xp, dtype, (rows, width) = array_module(table), table.dtype, table.shape
    padding = -1 if padding_idx is None else checked_row("padding_idx", padding_idx, table)

    def vjp(g: Array) -> tuple[Array]:
        dtable, named = xp.empty((rows, width), dtype), in_one_piece(ids.astype(xp.int64))
        given = dtable, in_one_piece(g), named, named.size, width, padding
        launch("embedding", "embedding_backward", rows * blocks_for(width), *given, dtype=dtype)
        return (dtable,)

    return y, vjp
