"""Cross-entropy, a row of logits to each block of threads; kept are two numbers a row.

The probabilities are made again in the backward pass: they are as many as the logits.
"""

from __future__ import annotations

from typing import Any

from minillm.autograd import VJP
from minillm.backend import Array, array_module
from minillm.backend.ids import IGNORE
from minillm.ops.kernels_cupy.launching import check_known, in_one_piece, launch
from minillm.ops.loss_parts import checked_targets, equal_shares, reduced
from minillm.ops.losses import cross_entropy


def cross_entropy_on_device(
    logits: Array,
    /,
    *,
    targets: Any,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
) -> tuple[Array, VJP]:
    """``cross_entropy``, whatever the logits are."""
    check_known("cross_entropy", logits)
    targets = checked_targets("cross_entropy: logits", logits, targets, ignore_index)
    xp, dtype, width = array_module(logits, targets), logits.dtype, logits.shape[-1]
    if width == 0 or targets.dtype.kind not in "iu":
        settings = {"ignore_index": ignore_index, "reduction": reduction}
        return cross_entropy.rule(logits, targets=targets, **settings)
    share = equal_shares("cross_entropy", targets != ignore_index, dtype, reduction)
    z, chosen = in_one_piece(logits), in_one_piece(targets.astype(xp.int64))
    cost, top, log_total = (xp.empty(targets.shape, dtype) for _ in range(3))
    of_rows = top, log_total, z, chosen, ignore_index, width
    launch("cross_entropy", "cross_entropy_forward", chosen.size, cost, *of_rows, dtype=dtype)

    def vjp(g: Array) -> tuple[Array]:
        dz = xp.empty(z.shape, dtype)
        given = dz, in_one_piece(g * share), *of_rows
        launch("cross_entropy", "cross_entropy_backward", chosen.size, *given, dtype=dtype)
        return (dz,)

    return reduced(cost * share, reduction, dtype), vjp
