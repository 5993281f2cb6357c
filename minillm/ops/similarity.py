"""How alike two directions are."""

from __future__ import annotations

from minillm.autograd import VJP, op, unbroadcast
from minillm.backend import Array, array_module, as_number, check_one_dtype, quiet
from minillm.ops.axes import checked_axis
from minillm.ops.normalization import root_mean_square
from minillm.ops.precision import rounded, widened


@op
def cosine_similarity(
    a: Array, b: Array, /, *, axis: int = -1, eps: float = 1e-8
) -> tuple[Array, VJP]:
    """The cosine of the angle between two vectors, whatever their lengths::

        n_a = max(|a|, eps),   u = a / n_a             (v = b / n_b likewise)
        y = sum_i u_i v_i                              dL/da = g (v - y u) / n_a
                                                       (g v / n_a, where |a| is below eps)

    Shapes: ``a (..., D, ...), b (..., D, ...) -> (..., ...)``, the other axes broadcast.

    Two vectors of zeros have no angle: with ``eps``, theirs is 0, and with ``eps`` 0 it is NaN.

    Raises:
        ValueError: the lengths along ``axis`` differ or are 0, ``axis`` is out of range (or counted
            from the front, where ``a`` and ``b`` have different numbers of axes), or ``eps`` is
            negative.
        TypeError: ``axis`` is not an integer, or the dtypes differ.
    Source: Manning, Raghavan & Schütze 2008, "Introduction to Information Retrieval",
        section 6.3.1.
    """
    eps = as_number("cosine_similarity: eps", eps)
    check_vectors(a, b, axis, eps)
    xp, dtype = array_module(a, b), a.dtype
    with quiet(overflow=True):  # 0/0 where eps is 0 and a vector too
        u, n_a, free_a = direction(a, axis, eps)
        v, n_b, free_b = direction(b, axis, eps)
        y = (u * v).sum(axis=-1)

    def vjp(g: Array) -> tuple[Array, Array]:
        to_y, cosine = xp.expand_dims(widened(g), -1), xp.expand_dims(y, -1)
        with quiet(overflow=True):
            full_a = to_y * (v - free_a * cosine * u) / n_a
            full_b = to_y * (u - free_b * cosine * v) / n_b
        grads = unbroadcast(full_a, u.shape), unbroadcast(full_b, v.shape)
        return tuple(rounded(xp.moveaxis(grad, -1, axis), dtype) for grad in grads)

    return rounded(y, dtype), vjp


def direction(x: Array, axis: int, eps: float) -> tuple[Array, Array, Array]:
    """Vectors along the last axis over their lengths, these, and whether ``eps`` left them so.

    Shapes: ``x (..., D, ...) -> (..., D), (..., 1), (..., 1)``.
    """
    xp = array_module(x)
    rows = xp.moveaxis(widened(x), axis, -1)
    length = rows.shape[-1] ** 0.5 * root_mean_square(rows, 0.0)
    at_least = xp.maximum(length, eps)
    return rows / at_least, at_least, (length >= eps).astype(rows.dtype)


def check_vectors(a: Array, b: Array, axis: int, eps: float) -> None:
    """Refuse what has no angle.

    Raises:
        ValueError, TypeError: see ``cosine_similarity``.
    """
    check_one_dtype("cosine_similarity", a=a, b=b)
    if not eps >= 0.0:  # this way round NaN is refused too
        raise ValueError(f"cosine_similarity: eps must not be negative, got {eps}")
    lengths = [x.shape[checked_axis("cosine_similarity", axis, x.shape)] for x in (a, b)]
    if lengths[0] != lengths[1] or lengths[0] == 0:
        raise ValueError(
            f"cosine_similarity: a {a.shape} and b {b.shape} need equal lengths along axis {axis}, "
            "at least 1"
        )
    if a.ndim != b.ndim and axis >= 0:
        raise ValueError(
            f"cosine_similarity: a {a.shape} and b {b.shape} have different numbers of axes: "
            f"count axis {axis} from the end"
        )
