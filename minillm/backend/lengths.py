"""How long vectors are, and where they point, whatever the size of their numbers."""

from __future__ import annotations

from minillm.backend.arrays import Array, array_module


def directions_and_lengths(x: Array) -> tuple[Array, Array]:
    """The vectors along the last axis at length 1, and how long they were::

        |x| = s sqrt(sum_i (x_i / s)²),   u = x / |x|    (0 where x is 0),   s near max_i |x_i|

    Shapes: ``x (..., D) -> (..., D), (..., 1)``; finite numbers of ``float32`` or ``float64``, in
    which it is computed.

    In float32 the square of 1e30 is infinite and that of 1e-30 is 0, and float64 has such numbers
    too.  s is a power of two, by which a division rounds nothing.
    """
    xp = array_module(x)
    largest = xp.abs(x).max(axis=-1, keepdims=True)
    _, exponent = xp.frexp(largest)
    s = xp.ldexp(xp.full_like(largest, 0.5), exponent)
    scaled = x / s  # at most 2
    length = xp.sqrt((scaled * scaled).sum(axis=-1, keepdims=True))
    return scaled / xp.where(length == 0.0, 1.0, length).astype(x.dtype), s * length
