"""Cross-entropy whose gradient is made in the forward pass, while the logits are in the cache.

The largest logit of a row is taken off before ``exp`` so that it does not overflow: a slow pass,
row by row.  Where all logits of a chunk lie close together, the largest of the chunk does as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.autograd import VJP
from minillm.backend import Array
from minillm.backend.ids import IGNORE
from minillm.backend.scratch import aligned_empty, scratch
from minillm.ops.kernels_numpy import plain
from minillm.ops.loss_parts import checked_targets, chosen_places, equal_shares
from minillm.ops.losses import cross_entropy

SPREAD = 80.0  # between the logits of a chunk; exp(-80) is an ordinary number in float32


def cross_entropy_with_gradient(
    logits: Array,
    /,
    *,
    targets: Any,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
    wanted: tuple[bool, ...] = (True,),
) -> tuple[Array, VJP]:
    """``cross_entropy``, mean or sum, where no logits of a chunk are far apart."""
    settings = {"targets": targets, "ignore_index": ignore_index, "reduction": reduction}
    if not plain.is_plain(logits, dtypes="fd") or reduction == "none" or logits.ndim == 0:
        return cross_entropy.rule(logits, **settings)
    problem = in_rows(logits, targets, ignore_index, reduction)
    if problem is None:
        return cross_entropy.rule(logits, **settings)
    rows, chosen, share = problem
    grad: Any = aligned_empty(rows.shape, logits.dtype) if wanted[0] else None
    log_p = np.empty(share.size, logits.dtype)  # of the targets
    for part in plain.chunks(share.size, max(1, plain.CHUNK // rows.shape[1])):
        some = rows[part]
        e = scratch("cross_entropy", some.shape, some.dtype) if grad is None else grad[part]
        top = exponentials(some, out=e)
        if top is None:
            return cross_entropy.rule(logits, **settings)
        total = e @ np.ones(rows.shape[1], e.dtype)
        places = np.arange(len(some)), chosen[part]
        log_p[part] = some[places] - top - np.log(total)
        if grad is not None:
            e *= (share[part] / total)[:, None]
            e[places] -= share[part]
    return np.asarray(-(share @ log_p)), handing_out(grad, logits.shape)


def in_rows(
    logits: Array, targets: Any, ignore_index: int, reduction: str
) -> tuple[Array, Array, Array] | None:
    """The logits row by row, the class and the share of each row; ``None`` if it is the rule's.

    Raises:
        ValueError, IndexError, TypeError: as the rule.
    """
    targets = checked_targets("cross_entropy: logits", logits, targets, ignore_index)
    if type(targets) is not np.ndarray:
        return None
    counted = targets != ignore_index
    share = equal_shares("cross_entropy", counted, logits.dtype, reduction).reshape(-1)
    return logits.reshape(share.size, -1), chosen_places(targets, counted)[1], share


def handing_out(grad: Any, shape: tuple[int, ...]) -> VJP:
    """A VJP whose answer is there already: it may be asked for again, and cannot be written to."""

    def vjp(g: Array) -> tuple[Array]:
        made = grad.reshape(shape).view()
        made.flags.writeable = False
        return (made if g == 1.0 else g * made,)

    return vjp


def exponentials(x: Array, *, out: Array) -> Any:
    """``exp(x - top)`` and ``top``, which is the largest number where 0 will not do.

    ``None`` where the numbers are too far apart for one ``top``, or not all finite.
    """
    least, top = x.min(), x.max()
    if not -np.inf < least <= top < np.inf or top - least >= SPREAD:  # NaN too
        return None
    if max(-least, top) < SPREAD / 2:
        np.exp(x, out=out)
        return top.dtype.type(0)
    np.exp(np.subtract(x, top, out=out), out=out)
    return top
