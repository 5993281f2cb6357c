"""CUDA C beside its launcher: the text of a ``.cu`` file, compiled for a dtype when first needed.

``block.cu`` stands before every text.  Numbers go to a kernel as it expects them: Python's
integers as ``whole`` (64 bits), its booleans as ``flag``, its floats as ``real``, the dtype that
the text is compiled for.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import numpy as np

from minillm.backend import Array, DeviceError, array_module
from minillm.backend.cuda_probe import lacks_toolkit, remedy

BLOCK = 256  # threads; block.cu says so too
REALS = {"f": "float", "d": "double"}
OPTIONS = ("-std=c++17", "--device-int128")


def source(name: str) -> str:
    """The text that is compiled for ``name.cu``."""
    from importlib.resources import files  # late: few processes ever compile for a device

    folder = files(__package__)
    texts = [(folder / f"{part}.cu").read_text(encoding="utf-8") for part in ("block", name)]
    return "\n".join(texts)


def options(dtype: Any) -> tuple[str, ...]:
    """What the compiler is told for a dtype."""
    return (*OPTIONS, f"-DREAL={REALS[np.dtype(dtype).char]}")


@functools.cache
def module(library: ModuleType, name: str, dtype: np.dtype) -> Any:
    """The compiled text; CuPy compiles it when a function of it is first asked for."""
    return library.RawModule(code=source(name), options=options(dtype))


def launch(file: str, kernel: str, blocks: int, *arguments: Any, dtype: Any) -> None:
    """Run ``kernel`` of ``file.cu`` with so many blocks; with none, there is nothing to do.

    Arrays must lie in one piece and be of the dtypes that the kernel expects.

    Raises:
        DeviceError: CuPy finds no CUDA toolkit to compile it; with what to install.
    """
    if blocks == 0:
        return
    library = array_module(*(x for x in arguments if hasattr(x, "shape")))
    try:
        function = module(library, file, np.dtype(dtype)).get_function(kernel)
    except Exception as error:  # the first call compiles
        if lacks_toolkit(error):
            raise DeviceError(f"{kernel} cannot be compiled: {remedy(error)}") from error
        raise
    function((blocks,), (BLOCK,), tuple(as_argument(x, dtype) for x in arguments))


def as_argument(value: Any, dtype: Any) -> Any:
    """A Python number in the size that the kernel expects; everything else as it is."""
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return np.int64(value)
    return np.dtype(dtype).type(value) if isinstance(value, float) else value


def blocks_for(size: int) -> int:
    """How many blocks have a thread for each of ``size`` elements."""
    return -(-size // BLOCK)


def in_one_piece(x: Array) -> Array:
    """The array itself where it is C-contiguous, else a copy that is."""
    return x if x.flags.c_contiguous else x.copy()


def check_known(kernel: str, *arrays: Array) -> None:
    """Refuse a dtype that a kernel does not know.

    Raises:
        TypeError: it is neither float32 nor float64.
    """
    for x in arrays:
        if x.dtype.char not in REALS:
            raise TypeError(
                f"{kernel}: its kernel on the device knows float32 and float64, got {x.dtype}; "
                'use_kernels("numpy") leaves it to the rule'
            )
