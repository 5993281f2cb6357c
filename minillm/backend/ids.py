"""Checks of ids on the host: a wrong id must stop here, for a GPU would wrap it in silence."""

from typing import Any

import numpy as np

IGNORE = -100  # the target of a position that a loss passes over: the field's convention


def integer_array(ids: Any, *, name: str = "token id") -> np.ndarray:
    """The ids as an array of integers, of any shape.

    Lists become arrays, an empty list an empty ``int64`` array; an array is returned as it is.

    Raises:
        TypeError: the ids are not integers; booleans are refused too, because a mask in the
            place of ids would read as the ids 0 and 1.
        ValueError: the rows have different lengths.
    """
    try:
        array = np.asarray(ids)
    except ValueError as error:
        raise ragged(ids, name) from error
    if array.dtype == object and array.ndim and all(hasattr(row, "__len__") for row in array):
        raise ragged(array, name)
    if array.size == 0 and not isinstance(ids, np.ndarray):
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{plural(name)} must be integers, got {array.dtype}")
    return array


def check_ids(
    ids: Any, size: int, *, name: str = "token id", of: str = "a vocabulary"
) -> np.ndarray:
    """The ids as an array, once every one of them is known to lie in ``0 .. size - 1``::

        check_ids([[0, 7]], 7)  ->  token id 7 at position (0, 1) out of range for a vocabulary of 7

    Negative ids are refused: Python would count them from the end of the table.  Only host
    arrays come here; looking at values on a device would make the host wait for it.

    Raises:
        IndexError: an id is negative or too large.
        TypeError, ValueError: as ``integer_array``.
    Guide: 2.1, 5.2.1 (G3).
    """
    array = integer_array(ids, name=name)
    if array.size and (array.min() < 0 or array.max() >= size):
        position = tuple(int(i) for i in np.argwhere((array < 0) | (array >= size))[0])
        raise IndexError(
            f"{name} {array[position]} at position {position} out of range for {of} of {size}"
        )
    return array


def ragged(rows: Any, name: str) -> ValueError:
    """The error for rows of several lengths."""
    lengths = [len(row) if hasattr(row, "__len__") else "none" for row in rows]
    shown = ", ".join(map(str, lengths[:8])) + (", ..." if len(lengths) > 8 else "")
    return ValueError(
        f"{plural(name)} are ragged: lengths {shown}; pad the rows to one length first"
    )


def plural(name: str) -> str:
    """``ids`` of ``id``, ``classes`` of ``class``."""
    return f"{name}es" if name.endswith("s") else f"{name}s"
