"""Which library an array belongs to, and the two things that libraries do differently."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Number
from types import ModuleType
from typing import Any

import numpy as np

Array = Any  # numpy.ndarray | cupy.ndarray

# CuPy joins when its first array arrives; nothing here imports it.
LIBRARIES: dict[type, ModuleType] = {np.ndarray: np}


def array_module(*arrays: Array) -> ModuleType:
    """The library the arrays belong to: ``numpy`` or ``cupy``.

    Python numbers and NumPy scalars belong to any library; with nothing else, it is NumPy.

    Raises:
        TypeError: the arrays live in different libraries, or something is not an array.
        ValueError: they live on different devices.
    """
    found: ModuleType | None = None
    for array in arrays:
        library = LIBRARIES.get(type(array)) or library_of(array)
        if library is None and not isinstance(array, Number | np.generic):
            raise TypeError(f"expected an array or a number, got {type(array).__name__}")
        if library is None or library is found:
            continue
        if found is not None:
            names = " and ".join(sorted((found.__name__, library.__name__)))
            raise TypeError(f"one op was given arrays from {names}; move them with to_device first")
        found = library
    if found is not None and found is not np and len(arrays) > 1:
        check_one_device(array for array in arrays if library_of(array) is found)
    return found or np


def check_one_device(arrays: Iterable[Array]) -> None:
    """Refuse arrays of two devices: CuPy would read one through the other, or fail far away.

    Raises:
        ValueError: with the numbers of the devices.
    """
    places = {getattr(getattr(array, "device", None), "id", 0) for array in arrays}
    if len(places) > 1:
        numbers = " and ".join(map(str, sorted(places)))
        raise ValueError(
            f"one op was given arrays from the devices {numbers}; make them anew on one: "
            "with cupy.cuda.Device(0): x = cupy.asarray(x)"
        )


def library_of(value: Any) -> ModuleType | None:
    """The library of an array, ``None`` for anything else; CuPy is met here for the first time."""
    kind = type(value)
    if kind in LIBRARIES:
        return LIBRARIES[kind]
    if kind.__module__.partition(".")[0] == "cupy" and kind.__name__ == "ndarray":
        import cupy

        LIBRARIES[kind] = cupy
        return cupy
    return np if isinstance(value, np.ndarray) else None  # a subclass such as np.memmap


def is_array(value: Any) -> bool:
    """Whether ``value`` is an array of a library that is in use (a number is not one)."""
    return library_of(value) is not None


def lies_in_one_piece(x: Any) -> bool:
    """Whether it is a plain NumPy array, C-contiguous, in the byte order of the processor."""
    return type(x) is np.ndarray and x.flags.c_contiguous and x.dtype.isnative


def on_host(value: Any) -> bool:
    """Whether reading the values makes no device wait: a NumPy array, or not an array."""
    return library_of(value) in (None, np)


def to_numpy(array: Array) -> np.ndarray:
    """A host array for plotting, saving and assertions; NumPy arrays pass through uncopied."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


def scatter_add(shape: tuple[int, int], rows: Array, values: Array) -> Array:
    """Zeros of ``shape (V, D)`` with ``values[i]`` added to row ``rows[i]``::

        out[v] = sum of values[i] over all i with rows[i] = v

    This is the adjoint of ``table[rows]``.  ``out[rows] += values`` would keep only one
    contribution to a repeated row.

    Shapes: ``rows (...), values (..., D) -> (V, D)``.

    The index is flattened because ``add.at`` has a fast path for one-dimensional indices:
    2 ms instead of 18 ms for V = 8000, D = 256 and 4096 rows (NumPy 2.4).  float16 is added up in
    float32, and rounded once at the end.
    """
    xp = array_module(rows, values)
    out = xp.zeros(shape, dtype="float32" if values.dtype.itemsize < 4 else values.dtype)
    starts = rows.reshape(rows.size, 1).astype(xp.int64) * shape[1]  # uint8 ids would wrap round
    flat = starts + xp.arange(shape[1])
    xp.add.at(out.reshape(shape[0] * shape[1]), flat.ravel(), values.ravel())
    return out.astype(values.dtype, copy=False)


def where_or_0(condition: Array, x: Array) -> Array:
    """``x`` where the condition holds, else 0, also where ``x`` is infinite or NaN::

        bits of y = (bits of x) AND (all ones if condition, else all zeros)

    ``x * condition`` would be NaN there, and ``where(condition, x, 0.0)`` takes seven times as
    long on mixed conditions: the processor guesses the way of each element, and guesses wrong.
    """
    if x.dtype.itemsize > 8:  # a long double has no integer of its size
        return array_module(x).where(condition, x, x.dtype.type(0))
    integer = f"i{x.dtype.itemsize}"
    return (x.view(integer) & -condition.astype(integer)).view(x.dtype)


def quiet(*, overflow: bool = False) -> np.errstate:
    """``with quiet():`` 1/0 is infinite and 0/0 is NaN without NumPy's warnings.

    With ``overflow``, what is beyond the largest float is infinite without a warning too.  CuPy
    never warns.  Only where the docstring says that such a result is meant.
    """
    return np.errstate(divide="ignore", invalid="ignore", over="ignore" if overflow else None)
