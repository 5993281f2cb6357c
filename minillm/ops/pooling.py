"""One vector for a whole sequence."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, is_array, where_or_0
from minillm.ops.precision import rounded, widened


@op
def masked_mean(x: Array, /, *, mask: Array) -> tuple[Array, VJP]:
    """The mean of a sequence's vectors over its real positions::

        y = sum_t m_t x_t / n,   n = max(1, sum_t m_t)         dL/dx_t = m_t g / n

    Shapes: ``x (..., T, D), mask (..., T) -> (..., D)``; ``mask`` is boolean, True at what counts.

    Over all positions, padding included, short texts would all look alike: like padding.  What is
    masked counts for nothing, also where it is NaN; a sequence of padding alone gives zeros.

    Raises:
        TypeError: ``mask`` is not boolean.
        ValueError: its shape is not that of ``x`` without the features.
    Guide: 5.2.1, 5.2.3 (G4).
    """
    if not is_array(mask) or mask.dtype.kind != "b":
        given = mask.dtype if hasattr(mask, "dtype") else type(mask).__name__
        raise TypeError(f"masked_mean: mask must be boolean, True = counts, got {given}")
    if x.ndim < 2 or mask.shape != x.shape[:-1]:
        raise ValueError(f"masked_mean: x {x.shape} needs a mask {x.shape[:-1]}, got {mask.shape}")
    xp, dtype = array_module(x, mask), x.dtype
    real = mask[..., None]  # (..., T, 1)
    wide = widened(x)
    share = real / xp.maximum(real.sum(axis=-2, keepdims=True), 1).astype(wide.dtype)
    y = (where_or_0(real, wide) * share).sum(axis=-2)
    return rounded(y, dtype), lambda g: (rounded(share * xp.expand_dims(g, -2), dtype),)
