"""Loops that numba compiles: what kernels of the level ``compiled`` are made of.

A loop is compiled when its module is imported, for float32 and the shapes that it names, and the
result is kept on disk: in ``NUMBA_CACHE_DIR`` if that is set, else beside the module, else in the
user's own cache.

numba does not see that a function in another file has changed.  So whatever a loop is made of
stands in its own file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

try:
    import numba
except ImportError as error:
    message = 'kernels "compiled" need numba: .venv/bin/pip install -e ".[fast]"'
    raise ImportError(message) from error

EXACT = {"contract"}  # a product and a sum may be one instruction; NaN and infinity keep sense
SUMS = {"contract", "reassoc", "nsz"}  # and sums may be taken in any order, several at once

NUMBER, FLAG, PLACE = numba.float32, numba.boolean, numba.int64


def given(n_axes: int, kind: Any = NUMBER) -> Any:
    """A C-contiguous array that a loop reads; what it is called with may be read-only."""
    return numba.types.Array(kind, n_axes, "C", readonly=True)


def filled(n_axes: int, kind: Any = NUMBER) -> Any:
    """A C-contiguous array that a loop writes into."""
    return numba.types.Array(kind, n_axes, "C")


def loop(*arguments: Any, returns: Any = numba.void, sums: bool = False) -> Callable:
    """A decorator that compiles a function for arguments of these types, without the GIL."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": SUMS if sums else EXACT}

    def compiled(function: Callable) -> Callable:
        signature = returns(*arguments)
        try:
            return numba.njit(signature, cache=True, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            return numba.njit(signature, **options)(function)  # no folder can be written to

    return compiled


def part_of_a_loop(function: Callable) -> Callable:
    """A decorator for what loops of the same file call; it becomes a part of them."""
    return numba.njit(fastmath=EXACT, error_model="numpy")(function)


def single(*numbers: float) -> tuple[Any, ...]:
    """The numbers in float32; a Python number in a loop would make everything float64."""
    return tuple(np.float32(x) for x in numbers)
