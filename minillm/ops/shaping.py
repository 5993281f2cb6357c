"""Arrays joined, cut, repeated, padded; reshape and transpose are among the operators' rules."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

from minillm.autograd import VJP, Tensor, op, unbroadcast
from minillm.autograd.arithmetic import take
from minillm.backend import Array, array_module, as_number
from minillm.ops.axes import checked_axis


@op
def concatenate(*parts: Array, axis: int = 0) -> tuple[Array, VJP]:
    """The parts one after another along ``axis``::

        y = [x_1; x_2; ...]          dL/dx_k = the piece of g that x_k became

    Shapes: equal but for ``axis``.  The parts may also come in one list, as ``stack`` takes them.

    Raises:
        ValueError: no parts, ``axis`` out of range, or a part whose other sizes differ (its place
            is named).
        TypeError: ``axis`` is not an integer.
    """
    if not parts:
        raise ValueError("concatenate needs at least one part")
    axis = checked_axis("concatenate", axis, parts[0].shape)
    for i, part in enumerate(parts):
        rest = [(*p.shape[:axis], *p.shape[axis + 1 :]) for p in (parts[0], part)]
        if part.ndim != parts[0].ndim or rest[0] != rest[1]:
            raise ValueError(
                f"concatenate: part {i} is {part.shape}, part 0 is {parts[0].shape}: "
                f"they may differ in axis {axis} alone"
            )

    sizes = [p.shape[axis] for p in parts]

    def vjp(g: Array) -> tuple[Array, ...]:
        return tuple(g[piece] for piece in pieces(sizes, axis))

    return array_module(*parts).concatenate(parts, axis=axis), vjp


@op
def stack(*parts: Array, axis: int = 0) -> tuple[Array, VJP]:
    """The parts side by side along a new axis, which stands at ``axis`` in the result::

        y[k] = x_k           dL/dx_k = g[k]     (counted along that axis)

    Shapes: n parts of ``(A, B) -> (n, A, B), (A, n, B), (A, B, n)`` for axis 0, 1, 2.

    ``stack(a, b)`` and ``stack([a, b])`` are the same; any iterable of tensors will do.

    Raises:
        ValueError: no parts, ``axis`` out of range, or a part of another shape (its place is
            named).
        TypeError: ``axis`` is not an integer.
    """
    if not parts:
        raise ValueError("stack needs at least one part")
    axis = checked_axis("stack", axis, (*parts[0].shape, len(parts)))
    for i, part in enumerate(parts):
        if part.shape != parts[0].shape:
            raise ValueError(f"stack: part {i} is {part.shape}, part 0 is {parts[0].shape}")

    n = len(parts)

    def vjp(g: Array) -> tuple[Array, ...]:
        return tuple(g[(*[slice(None)] * axis, k)] for k in range(n))

    return array_module(*parts).stack(parts, axis=axis), vjp


def split(x: Any, /, *, sizes: Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
    """``x`` cut along ``axis`` into pieces of the given sizes: what ``concatenate`` joined.

    No rule of its own: each piece is ``x[..., start : start + size, ...]``, and the tape adds
    their gradients up::

        split(x, sizes=[2, 3])  ->  x[:2], x[2:]          for x of length 5

    Raises:
        ValueError: a negative size, sizes whose sum is not the length, ``axis`` out of range.
        TypeError: ``axis`` or a size is not an integer; ``sizes`` is a number.
    """
    x = x if isinstance(x, Tensor) else Tensor(x)
    axis = checked_axis("split", axis, x.shape)
    sizes = whole_numbers("split: sizes", sizes)
    if any(size < 0 for size in sizes) or sum(sizes) != x.shape[axis]:
        raise ValueError(
            f"split: sizes {sizes} must add up to {x.shape[axis]}, "
            f"the length of axis {axis} of shape {x.shape}"
        )
    return tuple(take(x, index=piece) for piece in pieces(sizes, axis))


def whole_numbers(name: str, numbers: Any) -> list[int]:
    """A list of whole numbers, from any sequence of them.

    Raises:
        TypeError: it is one number, or something in it is not an integer.
    """
    try:
        return [operator.index(n) for n in numbers]
    except TypeError as error:
        raise TypeError(f"{name} must be a list of whole numbers, got {numbers!r}") from error


def pieces(sizes: Sequence[int], axis: int) -> list[tuple[slice, ...]]:
    """The indices of consecutive pieces along ``axis``."""
    stops = itertools.accumulate(sizes)
    return [
        (*[slice(None)] * axis, slice(stop - size, stop))
        for stop, size in zip(stops, sizes, strict=True)
    ]


@op
def broadcast_to(x: Array, /, *, shape: tuple[int, ...]) -> tuple[Array, VJP]:
    """``x`` repeated along its axes of size 1, and along new leading axes, up to ``shape``::

        y = copies of x      dL/dx = sum of g over the copies

    The copies are one array in memory, seen several times.

    Raises:
        ValueError: ``x`` does not stretch to ``shape``.
    """
    before = x.shape
    return array_module(x).broadcast_to(x, shape), lambda g: (unbroadcast(g, before),)


@op
def pad(x: Array, /, *, widths: Sequence[tuple[int, int]], value: float = 0.0) -> tuple[Array, VJP]:
    """``x`` in the middle of a larger array of the constant ``value``::

        y[before + i] = x[i], elsewhere value          dL/dx[i] = g[before + i]

    Shapes: ``widths`` holds ``(before, after)`` for every axis; each axis grows by their sum.

    Raises:
        ValueError: not one pair for each axis, or a negative width.
        TypeError: a width is not an integer, or ``widths`` is not a list of pairs.
    """
    pairs = [tuple(whole_numbers("pad: a pair of widths", pair)) for pair in widths]
    if len(pairs) != x.ndim or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        raise ValueError(
            f"pad: shape {x.shape} needs {x.ndim} pairs (before, after), "
            f"none of them negative, got {pairs}"
        )
    sides = list(zip(x.shape, pairs, strict=True))
    shape = tuple(before + n + after for n, (before, after) in sides)
    middle = tuple(slice(before, before + n) for n, (before, _) in sides)
    y = array_module(x).full(shape, as_number("pad: value", value), dtype=x.dtype)
    y[middle] = x
    return y, lambda g: (g[middle],)
