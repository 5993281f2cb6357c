"""Indexing, joining and cutting again, element by element."""

from collections.abc import Callable

import numpy as np


def placed(shape: tuple[int, ...], value_at: Callable[[tuple[int, ...]], float]) -> np.ndarray:
    """An array of ``shape`` filled by asking for one element after the other."""
    y = np.zeros(shape)
    for place in np.ndindex(*shape):
        y[place] = value_at(place)
    return y


def swapaxes(x: np.ndarray, *, axis1: int, axis2: int) -> np.ndarray:
    def exchanged(place: tuple[int, ...]) -> tuple[int, ...]:
        there = list(place)
        there[axis1], there[axis2] = there[axis2], there[axis1]
        return tuple(there)

    return placed(exchanged(x.shape), lambda place: x[exchanged(place)])


def expand_dims(x: np.ndarray, *, axis: int) -> np.ndarray:
    shape = list(x.shape)
    shape.insert(axis if axis >= 0 else x.ndim + 1 + axis, 1)
    return np.array(x.ravel().tolist()).reshape(shape)


def squeeze(x: np.ndarray, *, axis: int) -> np.ndarray:
    shape = list(x.shape)
    del shape[axis]
    return np.array(x.ravel().tolist()).reshape(shape)


def flip(x: np.ndarray, *, axis: int) -> np.ndarray:
    return np.moveaxis(
        np.array(list(np.moveaxis(x, axis, 0))[::-1]).reshape(np.moveaxis(x, axis, 0).shape),
        0,
        axis,
    )


def broadcast_to(x: np.ndarray, *, shape: tuple[int, ...]) -> np.ndarray:
    new = len(shape) - x.ndim
    return placed(
        tuple(shape),
        lambda place: x[
            tuple(0 if n == 1 else i for i, n in zip(place[new:], x.shape, strict=True))
        ],
    )


def stack(*parts: np.ndarray, axis: int = 0) -> np.ndarray:
    shape = list(parts[0].shape)
    at = axis if axis >= 0 else len(shape) + 1 + axis
    shape.insert(at, len(parts))
    return placed(tuple(shape), lambda place: parts[place[at]][place[:at] + place[at + 1 :]])


def pad(x: np.ndarray, *, widths: list[tuple[int, int]], value: float = 0.0) -> np.ndarray:
    def original_or_value(place: tuple[int, ...]) -> float:
        there = tuple(i - before for i, (before, _) in zip(place, widths, strict=True))
        inside = all(0 <= i < n for i, n in zip(there, x.shape, strict=True))
        return x[there] if inside else value

    shape = [n + sum(pair) for n, pair in zip(x.shape, widths, strict=True)]
    return placed(tuple(shape), original_or_value)


def take_along_axis(x: np.ndarray, *, index: np.ndarray, axis: int = -1) -> np.ndarray:
    def named(place: tuple[int, ...]) -> float:
        there = list(place)
        there[axis] = int(np.asarray(index)[place])
        return x[tuple(there)]

    return placed(np.shape(index), named)
