"""Memory that a kernel works in: aligned, kept, and of one thread alone.

The arrays that NumPy allocates begin 16 bytes after a line of the cache, and an operation on
three of them at once can take twice as long as on arrays that begin with one.
"""

from __future__ import annotations

import math
import threading

import numpy as np

LINE = 64  # bytes of a cache line, and of the widest vector register
MOST = 1 << 22  # bytes of a buffer that is kept; what is larger does not fit into a cache anyway


class Kept(threading.local):
    """One set of buffers per thread."""

    def __init__(self) -> None:
        self.buffers: dict[str, np.ndarray] = {}


kept = Kept()


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype | type) -> np.ndarray:
    """A new array that begins with a cache line; what is in it is undefined."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + LINE, dtype=np.uint8)
    start = -memory.__array_interface__["data"][0] % LINE  # what ctypes.data says, in half the time
    return memory[start : start + size].view(dtype).reshape(shape)


def scratch(name: str, shape: tuple[int, ...], dtype: np.dtype | type) -> np.ndarray:
    """The buffer ``name`` of this thread as an array; what is in it is undefined.

    It is the same memory whenever the name is asked for: nothing that lives on may be kept in
    it.  Kernels work in chunks, so that the buffers fit into the processor's cache; a larger one
    is made anew each time.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size > MOST:
        return aligned_empty(shape, dtype)
    memory = kept.buffers.get(name)
    if memory is None or memory.size < size:
        memory = kept.buffers[name] = aligned_empty((size,), np.uint8)
    return memory[:size].view(dtype).reshape(shape)
