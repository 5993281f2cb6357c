"""A result that shares memory with an argument does so in the other process, too."""

from __future__ import annotations

from typing import Any

import numpy as np


def shared_with(found: Any, given: list[Any]) -> Any:
    """Of an array: the place of the argument in whose memory it lies, its first byte, its strides.

    None: it lies in the memory of none.  The argument itself has only its place.  A list has one
    of these for every part of a list or tuple.
    """
    if type(found) in (list, tuple):
        return [shared_with(part, given) for part in found]
    if not isinstance(found, np.ndarray):
        return None
    for place, value in enumerate(given):
        if found is value:
            return {"place": place}
        if is_whole(value) and np.shares_memory(found, value):
            start = address(found) - address(value)
            return {"place": place, "start": start, "strides": list(found.strides)}
    return None


def as_shared(found: Any, given: list[Any], shared: Any) -> Any:
    """``found`` with views of the arguments that ``shared`` names, where they lie in one piece."""
    if isinstance(shared, list):
        pairs = zip(found, shared, strict=True)
        return type(found)(as_shared(part, given, place) for part, place in pairs)
    if shared is None:
        return found
    value = given[shared["place"]]
    if "start" not in shared:
        return value
    if not is_whole(value):
        return found
    return np.ndarray(found.shape, found.dtype, value, shared["start"], shared["strides"])


def is_whole(value: Any) -> bool:
    """Whether it is an array without gaps, its last axis running fastest."""
    return isinstance(value, np.ndarray) and value.flags.c_contiguous


def address(array: np.ndarray) -> int:
    """Where its first element lies."""
    return int(array.__array_interface__["data"][0])
