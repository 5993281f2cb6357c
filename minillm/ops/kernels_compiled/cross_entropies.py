"""Cross-entropy whose gradient is made in the forward pass, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.autograd import VJP
from minillm.backend import Array
from minillm.backend.ids import IGNORE
from minillm.backend.scratch import aligned_empty
from minillm.ops.kernels_compiled.loops import cross_entropy_rows
from minillm.ops.kernels_compiled.single import is_single
from minillm.ops.kernels_numpy.cross_entropies import (
    cross_entropy_with_gradient,
    handing_out,
    in_rows,
)


def cross_entropy_in_rows(
    logits: Array,
    /,
    *,
    targets: Any,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
    wanted: tuple[bool, ...] = (True,),
) -> tuple[Array, VJP]:
    """``cross_entropy``, mean or sum, of logits in float32 that are all finite."""
    settings = {"targets": targets, "ignore_index": ignore_index, "reduction": reduction}
    if not is_single(logits) or reduction == "none" or logits.ndim == 0:
        return cross_entropy_with_gradient(logits, **settings, wanted=wanted)
    problem = in_rows(logits, targets, ignore_index, reduction)
    if problem is None:
        return cross_entropy_with_gradient(logits, **settings, wanted=wanted)
    rows, chosen, share = problem
    grad: Any = aligned_empty(rows.shape if wanted[0] else (1, rows.shape[1]), logits.dtype)
    cost = np.empty(share.size, logits.dtype)
    if not cross_entropy_rows(rows, chosen.astype(np.int64), share, grad, cost):
        return cross_entropy_with_gradient(logits, **settings, wanted=wanted)
    return np.asarray(share @ cost), handing_out(grad if wanted[0] else None, logits.shape)
