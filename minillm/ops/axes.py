"""Axes exchanged, inserted, removed, reversed."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module


@op
def swapaxes(x: Array, /, *, axis1: int, axis2: int) -> tuple[Array, VJP]:
    """Two axes exchanged; with the last two, every matrix of a batch transposed::

        y[.., i, .., j, ..] = x[.., j, .., i, ..]              dL/dx = g, exchanged back

    Shapes: ``x (..., A, ..., B, ...) -> (..., B, ..., A, ...)``.

    Raises:
        ValueError, TypeError: an axis out of range, or not an integer.
    """
    first = checked_axis("swapaxes", axis1, x.shape)
    second = checked_axis("swapaxes", axis2, x.shape)
    return x.swapaxes(first, second), lambda g: (g.swapaxes(first, second),)


@op
def expand_dims(x: Array, /, *, axis: int) -> tuple[Array, VJP]:
    """A new axis of size 1 that stands at ``axis`` in the result::

        y = x                dL/dx = g     (in x's shape)

    Shapes: ``x (A, B) -> (1, A, B), (A, 1, B), (A, B, 1)`` for axis 0, 1, 2.

    Raises:
        ValueError, TypeError: ``axis`` out of range, or not an integer.
    """
    axis = checked_axis("expand_dims", axis, (*x.shape, 1))
    y, before = array_module(x).expand_dims(x, axis), x.shape
    return y, lambda g: (g.reshape(before),)


@op
def squeeze(x: Array, /, *, axis: int) -> tuple[Array, VJP]:
    """One axis of size 1 removed::

        y = x                dL/dx = g     (in x's shape)

    Shapes: ``x (A, 1, B) -> (A, B)`` for axis 1.

    The axis has to be named: to remove every axis of size 1 would also remove the batch axis,
    on the one day when the batch has one sentence.

    Raises:
        ValueError: the axis is longer than 1, or out of range.
        TypeError: ``axis`` is not an integer.
    """
    axis = checked_axis("squeeze", axis, x.shape)
    if x.shape[axis] != 1:
        raise ValueError(f"squeeze: axis {axis} of shape {x.shape} is not of size 1")
    before = x.shape
    return x.squeeze(axis), lambda g: (g.reshape(before),)


@op
def flip(x: Array, /, *, axis: int) -> tuple[Array, VJP]:
    """The elements along ``axis`` in the opposite order::

        y[i] = x[N - 1 - i]            dL/dx[i] = g[N - 1 - i]     (along that axis)

    Shapes: any, kept.

    Raises:
        ValueError, TypeError: ``axis`` out of range, or not an integer.
    """
    axis = checked_axis("flip", axis, x.shape)
    backwards = (*[slice(None)] * axis, slice(None, None, -1))
    return x[backwards], lambda g: (g[backwards],)


def checked_axis(name: str, axis: Any, shape: tuple[int, ...]) -> int:
    """``axis`` counted from the front.

    Raises:
        TypeError: it is not an integer; True would silently be axis 1.
        ValueError: it is out of range for ``shape``.
    """
    if not isinstance(axis, Integral) or isinstance(axis, bool):
        raise TypeError(f"{name}: an axis must be an integer, got {axis!r}")
    if not -len(shape) <= int(axis) < len(shape):
        raise ValueError(f"{name}: axis {axis} is out of range for shape {shape}")
    return int(axis) % len(shape)
