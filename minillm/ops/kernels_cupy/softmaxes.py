"""Softmax and its logarithm over the last axis, a row to each block of threads."""

from __future__ import annotations

from minillm.autograd import VJP
from minillm.autograd.recording import Op
from minillm.backend import Array, array_module
from minillm.ops.axes import checked_axis
from minillm.ops.kernels_cupy.launching import check_known, in_one_piece, launch
from minillm.ops.probabilities import log_softmax, softmax


def softmax_on_device(scores: Array, /, *, axis: int = -1) -> tuple[Array, VJP]:
    """``softmax`` over the last axis; over another, it is the rule's."""
    return over_rows(softmax, scores, axis)


def log_softmax_on_device(scores: Array, /, *, axis: int = -1) -> tuple[Array, VJP]:
    """``log_softmax`` over the last axis; over another, it is the rule's."""
    return over_rows(log_softmax, scores, axis)


def over_rows(op: Op, scores: Array, axis: int) -> tuple[Array, VJP]:
    """The kernels ``NAME_forward`` and ``NAME_backward`` of ``softmax.cu``."""
    name = op.__name__
    check_known(name, scores)
    last = checked_axis("scores", axis, scores.shape) == scores.ndim - 1
    if not last or scores.shape[-1] == 0:
        return op.rule(scores, axis=axis)
    xp, width = array_module(scores), scores.shape[-1]
    rows, dtype = scores.size // width, scores.dtype
    y = xp.empty(scores.shape, dtype)
    launch("softmax", f"{name}_forward", rows, y, in_one_piece(scores), width, dtype=dtype)

    def vjp(g: Array) -> tuple[Array]:
        ds = xp.empty(y.shape, dtype)
        given = ds, y, in_one_piece(g), width
        launch("softmax", f"{name}_backward", rows, *given, dtype=dtype)
        return (ds,)

    return y, vjp
