"""``RawModule`` for the strict double: kernels run on the host, and mistakes in a call are found.

CuPy takes an argument as it comes: a float for a double, a view for an array in one piece.  This
one refuses, and guards both sides of every array: with NaN where it is only read (integers: 0, an
index that there is), and where it is written with large numbers, which must stay.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from tests.cuda_on_host.compiler import GXX, Parameter, kernels_of, library
from tests.strict import StrictArray, strict

needs_gxx = pytest.mark.skipif(GXX is None, reason="no C++ compiler (g++ on Linux) on this machine")
MARGIN = 1024  # elements before and behind: more than a block has threads
WRITTEN = 0xFE  # bytes beside what a kernel writes; a float of them is -1.7e38
LAUNCHES: list[str] = []  # the kernels that ran, in order
ORDER = {"how": 0}  # in which threads and blocks run; see host.h
FAILURES = ["", "its threads part at a barrier", "a block has too many threads"]
REALS = {"float": np.dtype(np.float32), "double": np.dtype(np.float64)}
OTHERS = {"whole": np.dtype(np.int64), "word": np.dtype(np.uint64), "flag": np.dtype(np.bool_)}
AS_C = {
    "f": ctypes.c_float,
    "d": ctypes.c_double,
    "l": ctypes.c_longlong,
    "L": ctypes.c_ulonglong,
    "?": ctypes.c_bool,
}


class RawModule:
    """A source with its options."""

    def __init__(self, *, code: str, options: tuple[str, ...] = ()):
        self.source, self.options = code, options
        self.kernels = kernels_of(code)
        real = next(o for o in options if o.startswith("-DREAL=")).removeprefix("-DREAL=")
        self.dtypes = OTHERS | {"real": REALS[real]}

    def get_function(self, name: str) -> Any:
        parameters = self.kernels[name]

        def launch(grid: tuple[int], block: tuple[int], arguments: tuple[Any, ...]) -> None:
            if not (0 < grid[0] < 2**31 and 0 < block[0] <= 1024):
                raise ValueError(f"{name}: CUDA has no grid {grid} of blocks {block}")
            if len(arguments) != len(parameters):
                raise TypeError(f"{name} takes {len(parameters)} arguments, got {len(arguments)}")
            LAUNCHES.append(name)
            pairs = list(zip(parameters, arguments, strict=True))
            guarded = [self.guarded(name, *pair) if pair[0].is_array else None for pair in pairs]
            passed = [
                self.scalar(name, *pair) if memory is None else pointer(memory)
                for pair, memory in zip(pairs, guarded, strict=True)
            ]
            run = getattr(library(self.source, self.options), f"{name}_launch")
            whole = ctypes.c_uint(grid[0]), ctypes.c_uint(block[0])
            if answer := run(*whole, ctypes.c_ulonglong(ORDER["how"]), *passed):
                raise RuntimeError(f"{name}: {FAILURES[answer]}")
            for (parameter, array), memory in zip(pairs, guarded, strict=True):
                if memory is not None:
                    take_back(name, parameter, array, memory)

        return launch

    def guarded(self, name: str, parameter: Parameter, array: Any) -> np.ndarray:
        """A copy of an array with a margin on both sides."""
        if not isinstance(array, StrictArray):
            raise TypeError(f"{name}: {array!r} is not on the device")
        dtype, found = self.dtypes[parameter.kind], array.dtype
        if found != dtype or not array.flags.c_contiguous:
            raise TypeError(f"{name}: {dtype} in one piece is needed, got {found} {array.strides}")
        memory = np.empty(array.size + 2 * MARGIN, dtype)
        unread = 0xFF if dtype.kind == "f" else 0
        memory.view(np.uint8)[...] = unread if parameter.is_const else WRITTEN
        memory[MARGIN : MARGIN + array.size] = array._host.reshape(-1)
        return memory

    def scalar(self, name: str, parameter: Parameter, value: Any) -> Any:
        """A number as C takes it, once it is known to be of the kind that the kernel expects."""
        dtype = self.dtypes[parameter.kind]
        if not isinstance(value, np.generic) or value.dtype != dtype:
            raise TypeError(f"{name}: a number {dtype} is needed, got {value!r}")
        return AS_C[dtype.char](value.item())


def pointer(memory: np.ndarray) -> ctypes.c_void_p:
    """Where the array begins, behind its margin."""
    return ctypes.c_void_p(memory.ctypes.data + MARGIN * memory.itemsize)


def take_back(name: str, parameter: Parameter, array: Any, memory: np.ndarray) -> None:
    """Copy what a kernel wrote back, once the margins are known to be as they were."""
    if parameter.is_const:
        return
    behind = memory.size - MARGIN
    for margin in (memory[:MARGIN], memory[behind:]):
        if (margin.view(np.uint8) != WRITTEN).any():
            raise RuntimeError(f"{name} wrote beside an array of shape {array.shape}")
    array._host[...] = memory[MARGIN:behind].reshape(array.shape)


strict.RawModule = RawModule
