"""A strict double of CuPy: NumPy arrays behind a wrapper that refuses what a GPU array refuses.

A machine without a GPU must still notice a hard-coded ``np.exp``, an operand left on the host,
or a value that is read back in the middle of a step.  ``strict`` plays the module ``cupy``,
``StrictArray`` plays ``cupy.ndarray``, and ``SYNCS`` lists every wait of the host for the device.
Where the two disagree, this double is the stricter one: CuPy would dispatch ``np.exp(x)``, pick
some winner where one place is assigned twice, and accept ``np.float64(2) * x``.
"""

from __future__ import annotations

import operator
from types import ModuleType
from typing import Any

import numpy as np

from minillm.backend.arrays import LIBRARIES

SYNCS: list[str] = []  # what made the host wait, in order

# Some names that NumPy has and CuPy has not.
LACKING = """char datetime64 errstate frompyfunc geterr ma matrix matvec memmap nditer object_ rec
seterr str_ strings timedelta64 vecdot vecmat"""
ABSENT = frozenset(LACKING.split())
PLAIN = frozenset(["dtype", "flags", "itemsize", "nbytes", "ndim", "shape", "size", "strides"])
WAITING = frozenset(["argwhere", "flatnonzero", "item", "nonzero", "tolist", "unique"])
OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]
CONVERSIONS = {"bool": bool, "float": float, "int": int, "index": operator.index}


class StrictArray:
    """An array "on the device"."""

    __slots__ = ("_host",)
    __hash__ = None

    def __init__(self, host: np.ndarray):
        self._host = host

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # above all __array_interface__, which NumPy would read
            raise AttributeError(name)
        value = getattr(self._host, name)
        return value if name in PLAIN else placed(value, name)

    def get(self) -> np.ndarray:
        SYNCS.append("get")
        return self._host.copy()

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("implicit conversion to a NumPy array is not allowed; use .get()")

    def __array_ufunc__(self, ufunc: Any, *_: Any, **__: Any) -> Any:
        raise TypeError(f"numpy.{ufunc.__name__} was given a strict array")

    def __array_function__(self, function: Any, *_: Any, **__: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} was given a strict array")

    def __getitem__(self, index: Any) -> StrictArray:
        index = device_index(index, self.shape)
        if any(map(is_mask, index)):
            SYNCS.append("boolean index")  # the size of the result is a value
        return StrictArray(np.asarray(self._host[index]))

    def __setitem__(self, index: Any, value: Any) -> None:
        index = device_index(index, self.shape)
        times = np.zeros(self.shape, dtype=int)
        np.add.at(times, index, 1)
        if times.size and times.max() > 1:
            raise TypeError("an element was assigned twice: which value wins is undefined")
        self._host[index] = opened(value)

    def __len__(self) -> int:
        return len(self._host)

    def __repr__(self) -> str:
        return f"strict({self._host!r})"


class StrictModule(ModuleType):
    """NumPy's functions on strict arrays; ``asarray`` and ``array`` are the way in."""

    ndarray = StrictArray

    def __getattr__(self, name: str) -> Any:
        value = getattr(np, name)
        if name in ABSENT or name.startswith("_") or isinstance(value, ModuleType):
            raise AttributeError(f"strict (as cupy) has no {name}")
        return placed(value, name)

    def asarray(self, value: Any, dtype: Any = None) -> StrictArray:
        if isinstance(value, StrictArray):
            return StrictArray(np.asarray(value._host, dtype=dtype))
        return StrictArray(np.array(value, dtype=dtype))  # a copy: device memory is elsewhere

    def array(self, value: Any, dtype: Any = None) -> StrictArray:
        return StrictArray(np.array(getattr(value, "_host", value), dtype=dtype))

    def empty(self, shape: Any, dtype: Any = float) -> StrictArray:
        return garbage(np.empty(shape, dtype))

    def empty_like(self, like: StrictArray) -> StrictArray:
        return garbage(np.empty_like(like._host))


def garbage(host: np.ndarray) -> StrictArray:
    """Fresh memory holds anything: here ones, which are NaN and -1."""
    host.reshape(host.size).view(np.uint8)[...] = 0xFF
    return StrictArray(host)


class StrictFunction:
    """One function or method of NumPy that takes and gives strict arrays."""

    def __init__(self, function: Any, name: str):
        self.function, self.name = function, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.name in WAITING:
            SYNCS.append(self.name)
        if isinstance(self.function, np.ufunc) and any(isinstance(x, list) for x in args):
            raise TypeError(f"strict.{self.name} takes no lists")
        return placed(self.function(*opened(args), **opened(kwargs)), self.name)

    def at(self, target: StrictArray, index: Any, *values: Any) -> None:
        self.function.at(opened(target), device_index(index, target.shape), *opened(values))


def placed(value: Any, name: str = "") -> Any:
    """What NumPy gave, on the device: a scalar becomes a 0-d array."""
    if isinstance(value, np.ndarray | np.generic):
        return StrictArray(np.asarray(value))
    if isinstance(value, tuple | list) and name != "tolist":
        return type(value)(placed(item) for item in value)
    return StrictFunction(value, name) if callable(value) and not isinstance(value, type) else value


def opened(value: Any) -> Any:
    """The host arrays behind strict ones, at any depth; a NumPy array is refused."""
    if isinstance(value, StrictArray):
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"a NumPy array of shape {value.shape} met a strict array")
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    return type(value)(map(opened, value)) if isinstance(value, tuple | list) else value


def device_index(index: Any, shape: tuple[int, ...]) -> Any:
    """The index as NumPy takes it; integer arrays out of range wrap round, as on a GPU."""
    parts = opened(index if isinstance(index, tuple) else (index,))
    width = [getattr(p, "ndim", 1) if is_mask(p) else int(p is not None) for p in parts]
    result: list[Any] = []
    axis = 0
    for part, used in zip(parts, width, strict=True):
        if part is Ellipsis:
            used += len(shape) - sum(width)
        elif isinstance(part, np.ndarray) and part.dtype.kind in "iu" and shape[axis]:
            part = part.astype(np.int64) % shape[axis]
        result.append(part)
        axis += used
    return tuple(result)


def is_mask(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind == "b"


def operator_method(name: str) -> Any:
    def method(self: StrictArray, other: Any) -> Any:
        given = opened(other)
        if isinstance(given, list | tuple):
            raise TypeError(f"unsupported operand for {name}: {type(given).__name__}")
        result = getattr(self._host, name)(given)
        if result is NotImplemented:
            return result
        return self if name.startswith("__i") else placed(result)

    return method


def waiting_method(name: str) -> Any:
    def method(self: StrictArray) -> Any:
        SYNCS.append(name)
        return CONVERSIONS[name](self._host)

    return method


for _name in OPERATORS:
    for _prefix in ("", "r", "i"):
        setattr(StrictArray, f"__{_prefix}{_name}__", operator_method(f"__{_prefix}{_name}__"))
for _name in COMPARISONS:
    setattr(StrictArray, f"__{_name}__", operator_method(f"__{_name}__"))
for _name in CONVERSIONS:
    setattr(StrictArray, f"__{_name}__", waiting_method(_name))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(
        StrictArray,
        f"__{_name}__",
        lambda self, _name=_name: placed(getattr(self._host, f"__{_name}__")()),
    )

strict = StrictModule("strict")
LIBRARIES[StrictArray] = strict
