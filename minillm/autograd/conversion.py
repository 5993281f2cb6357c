"""What is given to a tensor or an op becomes floating-point arrays."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import numpy as np

from minillm.autograd.numpy_side import NumPySide
from minillm.backend import Array, array_module, is_array


def parts_of(name: str, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands themselves, or what is in the one list or generator that was given.

    Raises:
        TypeError: a list of numbers: whether it is one part or many is not clear; something beside
            a list of parts.
    """
    if len(operands) > 1 and any(isinstance(x, list | tuple) and holds_tensor(x) for x in operands):
        raise TypeError(
            f"{name}: something stands beside a list of parts; a setting is given by its name, "
            f"{name}(parts, axis=0)"
        )
    single = len(operands) == 1 and isinstance(operands[0], Iterable)
    if not single or isinstance(operands[0], NumPySide | str) or is_array(operands[0]):
        return operands
    parts = tuple(operands[0])
    if parts and not any(isinstance(x, NumPySide) or is_array(x) for x in parts):
        raise TypeError(
            f"{name}: a list without a tensor or an array may be one part or many; "
            f"give its parts one by one, {name}(*parts), or as arrays"
        )
    return parts


def operand_arrays(operands: Iterable[Any]) -> list[Array]:
    """Arrays for a rule: numbers, lists and integer arrays follow the dtype of their neighbours."""
    values = [x._data if isinstance(x, NumPySide) else x for x in operands]
    floats = [x for x in values if is_array(x) and x.dtype.kind == "f"]
    if len(floats) == len(values):
        if len(values) > 1 and type(values[0]) is not np.ndarray:
            array_module(*values)  # of one device; looked at only where there may be several
        return values
    xp = array_module(*(x for x in values if is_array(x)))
    dtype = np.result_type(*(x.dtype for x in floats)) if floats else None
    return [as_float_array(x, dtype=dtype, xp=xp) for x in values]


def as_float_array(value: Any, *, dtype: Any = None, xp: ModuleType = np) -> Array:
    """``value`` as a floating-point array; what is not one already becomes ``dtype`` (float32).

    Raises:
        TypeError: ``value`` is a Tensor, or a list with one, or not made of real numbers.
        ValueError: a ragged list.
    """
    given = is_array(value)
    if given and value.dtype.kind == "f":
        native = value.dtype.isnative
        return value if native else value.astype(value.dtype.newbyteorder("="))
    if isinstance(value, np.floating):  # what a NumPy reduction returns: it has a dtype of its own
        return np.asarray(value) if dtype is None else xp.asarray(value, dtype=dtype)
    if isinstance(value, NumPySide):
        raise TypeError("expected an array, got a Tensor; use detach() for its values")
    if holds_tensor(value):
        raise TypeError("expected real numbers, got a list with a Tensor in it; use ops.stack")
    array = value if given else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"expected real numbers, got {type(value).__name__} of dtype {array.dtype}")
    return xp.asarray(array, dtype=dtype or np.float32)


def holds_tensor(value: Any) -> bool:
    """Whether a list or tuple, or a list inside it, holds a tensor: its gradient would be lost."""
    if isinstance(value, list | tuple):
        return any(map(holds_tensor, value))
    return isinstance(value, NumPySide)
